#pragma once

#include <functional>
#include <string>
#include <vector>

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

  // `standing_still` gives a line for each loop that does not go round; it is called by the HTTP
  // port's thread. To be set before the port opens; without it the process counts as healthy.
  void watch_loops(std::function<std::vector<std::string>()> standing_still) {
    standing_still_ = std::move(standing_still);
  }

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
  std::function<std::vector<std::string>()> standing_still_;
};

}  // namespace packwarden
