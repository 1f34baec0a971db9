#pragma once

#include <prometheus/histogram.h>

#include <array>
#include <map>
#include <mutex>
#include <string>

#include "app/metric_list.h"
#include "store/mysql_ledger.h"
#include "usecases/ingest.h"

namespace packwarden {

// What the loops of this process have done since it began, for metrics. Any thread.
class DaemonTally {
 public:
  // Ingest, after each round.
  void add(const IngestReport& report);
  void index_is(std::size_t keys, std::size_t bytes);
  // Of a ledger transaction.
  void committed(const CommitTimes& times);

  void collect(MetricList& out) const;

 private:
  struct Histograms {
    Histograms();
    prometheus::Histogram commit_s;
    prometheus::Histogram whole_s;
    prometheus::Histogram held_s;
  };

  mutable std::mutex mutex_;
  UnitCounts counts_;
  std::uint64_t rating_units_ = 0;
  std::array<std::uint64_t, 3> files_{};  // by FileEnding
  std::size_t keys_ = 0;
  std::size_t index_bytes_ = 0;
  std::map<std::string, Histograms> kinds_;  // of ledger transactions: as many as the code has
};

}  // namespace packwarden
