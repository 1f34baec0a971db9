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
  JobStore& store() { return store_; }
  // The lease of a process that died is over by then.
  std::chrono::seconds lease_patience() const;
  const std::string& currency() const { return catalogue_.currency; }

 private:
  void make_jobs(const Settings& settings);

  std::int64_t spread_s_;
  std::uint32_t lease_s_ = 0;
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

// Does what is due at `as_of`, or now, but what others have the lease of. Throws LedgerUnavailable.
void run_jobs_once(JobComposition& composition, std::optional<Instant> as_of);

// Does all that is due at `as_of`, or now. Where others have a lease it waits until they have done
// it, or their lease is over, for lease_patience() at most. False: the log names each job that may
// not be done, and who has it. Throws LedgerUnavailable.
bool run_all_jobs(JobComposition& composition, std::optional<Instant> as_of);

}  // namespace packwarden
