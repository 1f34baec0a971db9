#pragma once

#include "app/composition.h"
#include "app/job_loop.h"
#include "app/letting_go.h"
#include "ctl/backend.h"

namespace packwarden {

// Does at given instants what `packwardend run-once` does, on books that are loaded once and kept
// between, so that a history of many instants costs little more than its transactions. Used by one
// thread. The constructor and all functions throw LedgerUnavailable and SpoolUnavailable.
class HistoryDaemon : public DaemonOfHistory {
 public:
  explicit HistoryDaemon(const Settings& settings);

  void drop(const std::string& name, const std::string& content) override;
  void take_files(Instant at) override;
  void run_jobs(Instant at) override;

 private:
  std::string incoming_;
  IngestComposition ingest_;
  JobComposition jobs_;
  LettingGo letting_go_;
};

}  // namespace packwarden
