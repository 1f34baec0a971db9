#pragma once

#include <string>
#include <vector>

namespace packwarden {

// What operators and their tools ask of the daemon (docs/METRICS.md). The HTTP port answers from
// it; app/ implements it. Thread-safe; must not block, since entitlement checks wait meanwhile.
class OperatorPort {
 public:
  virtual ~OperatorPort() = default;

  // Each a line that says what is the matter and what to do.
  struct Standing {
    std::vector<std::string> faults;   // empty: it stands well
    std::vector<std::string> remarks;  // no faults, worth knowing
  };
  virtual Standing health() const = 0;
  virtual Standing readiness() const = 0;

  // Appends all metrics in Prometheus' text format.
  virtual void append_metrics(std::string& out) const = 0;
};

}  // namespace packwarden
