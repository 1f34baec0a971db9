#pragma once

#include "app/daemon_tally.h"
#include "app/readiness.h"
#include "app/samples.h"
#include "app/settings.h"
#include "http/http_tally.h"
#include "http/operator_port.h"

namespace packwarden {

// What this process tells operators: the loops write into its parts, the HTTP port reads. Any
// thread; outlives both.
class Telemetry : public OperatorPort {
 public:
  explicit Telemetry(const Settings& settings);

  Standing health() const override;
  Standing readiness() const override;
  void append_metrics(std::string& out) const override;

  // To be handed to ledgers whose commits are measured.
  CommitObserver commits() {
    return [this](const CommitTimes& times) { tally.committed(times); };
  }

  DaemonTally tally;
  Readiness ready;
  Samples samples;
  HttpTally http;

 private:
  void collect_http(MetricList& out) const;

  Instant started_at_;
  std::uint32_t max_connections_;
};

}  // namespace packwarden
