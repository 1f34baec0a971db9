#pragma once

#include <chrono>
#include <mutex>
#include <optional>

#include "app/metric_list.h"
#include "app/process_figures.h"
#include "domain/business_calendar.h"
#include "domain/instant.h"
#include "usecases/situation.h"
#include "usecases/spool_desk_port.h"

namespace packwarden {

// What was last seen of what lies on the disk and in the database, for metrics. Any thread.
class Samples {
 public:
  // `spread_s`: jobs.settlement_spread_s, for what is late.
  Samples(SituationLimits limits, std::int64_t spread_s, BusinessCalendar calendar);

  // As the constructor's, after a reload.
  void judge_by(const SituationLimits& limits, std::int64_t spread_s);

  // `disk_bytes`: the size of its file system.
  void spool_is(SpoolState state, std::uint64_t disk_bytes);
  void ledger_is(LedgerSituation ledger);
  void process_is(const ProcessFigures& figures);

  // Ages are those of `now`.
  void collect(MetricList& out, Instant now) const;

 private:
  using Time = std::chrono::steady_clock::time_point;
  void collect_spool(MetricList& out, Instant now) const;
  void collect_meaning(MetricList& out) const;
  void collect_jobs(MetricList& out, Instant now) const;
  void collect_channels(MetricList& out, double sample_age_s) const;
  void collect_process(MetricList& out) const;

  const BusinessCalendar calendar_;
  mutable std::mutex mutex_;
  SituationLimits limits_;
  std::int64_t spread_s_;
  std::optional<SpoolState> spool_;
  std::uint64_t spool_disk_bytes_ = 0;
  Time spool_seen_at_;
  std::optional<LedgerSituation> ledger_;
  Time ledger_seen_at_;
  ProcessFigures process_;
};

}  // namespace packwarden
