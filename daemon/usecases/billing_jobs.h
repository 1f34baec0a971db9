#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "usecases/account_changes.h"
#include "usecases/accounts_aside.h"
#include "usecases/job_port.h"

namespace packwarden {

struct JobOptions {
  std::string holder;  // of leases: this process, for people
  std::uint32_t lease_s = 60;
  std::int64_t spread_s = 10'800;  // O6: of the charges of a day, from 08:00 on
  int ended_deliveries_days = 90;  // D2: of 24 h, until address and text are erased
  // D2: of 24 h, until an in-site message is removed; none: never.
  std::optional<std::uint32_t> inbox_days{};
  std::uint32_t settlement_accounts = 5'000;  // charged in one transaction
  // Told which job is begun, by a literal; may be null.
  std::function<void(const char*)> on_step{};
};

struct JobReport {
  std::int64_t packs_expired = 0;
  std::int64_t services_priced = 0;  // looked at because a price of overage began
  std::int64_t reminders = 0;
  std::int64_t bills = 0;
  MoneyMicros charged_micros = 0;  // held (domain/held_sum.h)
  std::int64_t deliveries_erased = 0;
  std::int64_t messages_removed = 0;
  // Jobs that were not done, since somebody else had their lease, or got it on the way.
  std::vector<std::string> busy;
  // Accounts that were left out because the ledger cannot hold what is due for them, and those that
  // had been and are not any more.
  std::vector<SetAside> set_aside;
  std::vector<SetAside> taken_back;

  bool did_something() const {
    return packs_expired + services_priced + reminders + bills + deliveries_erased +
               messages_removed >
           0;
  }
};

// What is due by the clock: `expire` notices that packs have expired (O10, N3) and that a price of
// overage has begun (O10), `remind` that packs will expire (N1), `settle` charges business days (O6
// to O8), `erase` takes address and text out of deliveries that ended long ago (D2). Each works
// under a lease, in transactions that check its fence, and goes on where the one before it stopped.
// An account for which the ledger cannot hold what is due is set aside, and all others go on. Not
// thread-safe.
class BillingJobs {
 public:
  // All must outlive this. `beside`: further connections to the ledger; settlement writes so many
  // parts more at the same time.
  BillingJobs(Ledger& ledger, JobStore& store, const BillingContext& context, JobOptions options,
              std::vector<Ledger*> beside = {});

  // Does all that is due by the clock of the database, or, where it is given, by `as_of` (see
  // JobStore::due_by), expiries first. Throws LedgerUnavailable; what was done stands, and the
  // lease of the job that was not done is given back.
  JobReport run(std::optional<Instant> as_of);
  // One of them.
  void expire(std::optional<Instant> as_of, JobReport& report);
  void remind(std::optional<Instant> as_of, JobReport& report);
  void settle(std::optional<Instant> as_of, JobReport& report);
  void erase(std::optional<Instant> as_of, JobReport& report);

 private:
  // A job under its lease.
  struct Run {
    JobLease lease;
    std::optional<Instant> as_of;
    Instant due_by;  // what is due by then is done
  };
  // `work` under a lease of the job; nothing where somebody else has it. It says whether all that
  // was due is done; false: the lease was lost on the way, and the job is in `busy`. However it
  // ends, the lease is given back, and `due_by` becomes the end of what is done only where all is.
  void run_job(const char* name, std::optional<Instant> as_of, JobReport& report,
               const std::function<bool(Run&)>& work);
  // The lease of the job, if this object still holds one. Throws LedgerUnavailable, and holds it
  // then.
  void give_back(const char* name, std::optional<Instant> succeeded_at);
  // Runs `step` in a ledger transaction of this kind. False: the lease is another's now, nothing
  // was changed.
  bool transact(const Run& run, const char* kind,
                const std::function<void(LedgerTransaction&)>& step);
  bool transact(const Run& run, const std::function<void(LedgerTransaction&)>& step) {
    return transact(run, run.lease.job.c_str(), step);
  }
  // A step that is of many accounts: it changes what is due for those that pass the filter, and
  // tells which they are before it changes anything.
  using AccountStep = std::function<void(LedgerTransaction&, const AccountFilter&,
                                         std::vector<AccountId>& accounts)>;
  // As transact(), for all accounts but those that are set aside, now or by this. `done_until`: see
  // SetAside. `kind`: of the ledger transactions; else the job's name.
  bool transact_for_others(const Run& run, AccountsAside& aside, std::optional<Instant> done_until,
                           const AccountStep& step, const char* kind = nullptr);
  bool retry_expiries(const Run& run, AccountsAside& aside);
  // O10: the services that prices of overage which began since the lease's done_until set going.
  bool begin_prices(const Run& run, AccountsAside& aside, JobReport& report);
  static void add(const AccountsAside& aside, JobReport& report);
  bool settle_day(const Run& run, const SettlementPart& day, AccountsAside& aside,
                  JobReport& report);
  // One after the other, each in halves where the ledger cannot hold it, down to the account that
  // is set aside.
  bool settle_narrowed(const Run& run, std::vector<SettlementPart> parts, AccountsAside& aside,
                       JobReport& report);
  static bool count(const SettledPart& settled, AccountsAside& aside, JobReport& report);
  // Charges parts that have no account in common side by side, and gives what of them was
  // committed: of all, or of so many from the first on. None: the lease is another's now.
  std::vector<SettledPart> settle_parts(const Run& run, std::span<const SettlementPart> parts);
  SettledPart settle_part(LedgerTransaction& tx, SettlementPart part) const;

  Ledger* ledger_;
  JobStore* store_;
  BillingContext context_;
  JobOptions options_;
  std::vector<Ledger*> beside_;
  std::map<std::string, JobLease> held_;  // taken and not given back yet, by job
};

// O6: since when, in seconds, the charges of a business day should have been done and are not: they
// were due by 12:00 of the next. 0: none are late. Pure.
std::int64_t settlement_overdue_s(const JobRow& settle, Instant now, std::int64_t spread_s,
                                  const BusinessCalendar& calendar);

}  // namespace packwarden
