#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <vector>

#include "app/loop_host.h"
#include "app/settings.h"
#include "store/job_rows.h"
#include "store/mysql_ledger.h"
#include "usecases/billing_jobs.h"

namespace packwarden {

// What runs by the clock, wired, on connections of its own. The constructor throws as that of
// IngestComposition does.
class JobComposition {
 public:
  // `spread_s`: see JobOptions. `loop` and `on_commit`: as for IngestComposition.
  JobComposition(const Settings& settings, std::int64_t spread_s, LoopWatch::Loop* loop = nullptr,
                 CommitObserver on_commit = {});

  // As IngestComposition::change. The jobs are others then.
  void change(const Settings& settings);

  BillingJobs& jobs() { return *jobs_; }
  const std::string& currency() const { return catalogue_.currency; }

 private:
  void make_jobs(const Settings& settings);

  std::int64_t spread_s_;
  LoopWatch::Loop* loop_;
  Catalogue catalogue_;
  std::shared_ptr<const NoticeRules> notices_;
  BusinessCalendar calendar_;
  CommitObserver on_commit_;
  MySqlLedger ledger_;
  std::vector<std::unique_ptr<MySqlLedger>> beside_;  // of settlement
  MySqlJobStore store_;
  std::unique_ptr<BillingJobs> jobs_;
};

// Runs what is due, every `interval`, until `stop` is requested; a database that is not to be had
// is logged and tried again.
void run_jobs(JobComposition& composition, std::chrono::milliseconds interval, const LoopHost& host,
              std::stop_token stop);

// Does all that is due at `as_of`, or now. Throws LedgerUnavailable.
void run_jobs_once(JobComposition& composition, std::optional<Instant> as_of);

}  // namespace packwarden
