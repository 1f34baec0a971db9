#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "domain/business_day.h"
#include "domain/catalogue.h"
#include "domain/contacts.h"
#include "domain/instant.h"
#include "domain/pack.h"

// What the jobs need of the ledger; store/ implements it on MySQL (docs/BILLING.md).
namespace packwarden {

// How far the expiries have come: all packs that expire by `until` are done, and of those that
// expire in the very next microsecond, which may be any number, the packs up to `pack`.
struct ExpiriesDone {
  Instant until = Instant::earliest();
  PackId pack{};
};

// The right to run a job until others may take it over. Each lease of a job has a higher fence than
// those before it.
struct JobLease {
  std::string job;
  std::uint64_t fence = 0;
  std::optional<Instant> done_until;  // all that was due by then is done
  PackId done_pack{};                 // of what is due next: see ExpiriesDone
};

struct JobRow {
  std::string name;
  std::string holder;  // empty: nobody
  std::optional<Instant> done_until{};
  std::optional<Instant> started_at{};    // the last run
  std::optional<Instant> succeeded_at{};  // the last run that came to its end
};

// An account for which a job cannot store what is due. It is left out, so that all others go on,
// and tried again once a day.
struct SetAside {
  std::string job;
  AccountId account{};
  std::string account_name;
  std::string reason;
  Instant since;     // it was first set aside
  Instant tried_at;  // last
  std::uint32_t tries = 1;
  // Of the job when it was first set aside: what was due by then is done for it.
  std::optional<Instant> done_until{};
};

struct DueReminder {
  PackId pack{};
  int days = 0;  // of 24 h before the expiry
  Instant remind_at;
};

// Some accounts of the settlement of one business day.
struct SettlementPart {
  const Catalogue* catalogue = nullptr;  // for the prices, with the ids of the ledger
  BusinessDay day;                       // that is charged
  Instant now;
  AccountId first{};  // both inclusive
  AccountId last{};
  // O6: an account's instant is spread_s * h after the window's begin, h in [0, 1) fixed by its id;
  // only those with after_s < offset <= upto_s. after_s is -1 from the begin on.
  std::int64_t spread_s = 0;
  std::int64_t after_s = -1;
  std::int64_t upto_s = 0;
};
// A bill that was written, for its notice.
struct WrittenBill {
  AccountId account{};
  ProductId product{};
  std::string account_name;
  Contacts contacts;
  std::string product_name;
  MoneyMicros amount_micros = 0;
  MoneyMicros balance_micros = 0;  // after all bills of the transaction
};
struct SettledPart {
  std::vector<WrittenBill> bills;
  // Whose balance is below, at or above zero now and was not so before (O8, O9), by id.
  std::vector<AccountId> turned;
};

// The jobs' part of a ledger transaction.
class JobTransaction {
 public:
  virtual ~JobTransaction() = default;

  // Whether the lease still is the last one that was given; holds it for `lease_s` more. Whoever
  // gets false must change nothing.
  virtual bool keeps(const JobLease& lease, std::uint32_t lease_s) = 0;
  virtual void set_expiries_done(const JobLease& lease, const ExpiriesDone& done) = 0;

  // No job counts as done beyond `at`.
  virtual void look_again_from(Instant at) = 0;

  // The first `limit` packs behind `done` that expire by `upto`, by expiry, then id. Never more,
  // however many expire together.
  virtual std::vector<HeldPack> packs_expiring(const ExpiriesDone& done, Instant upto,
                                               std::uint32_t limit) = 0;
  // Takes reminders that are due by `upto`: all of each of about `limit` packs, by pack and days.
  // None of those of `but`.
  virtual std::vector<DueReminder> take_reminders(Instant upto, std::uint32_t limit,
                                                  std::span<const AccountId> but) = 0;
  virtual std::vector<HeldPack> packs(std::span<const PackId> ids) = 0;
  // Those of which a notice says that they have expired (N3), by id.
  virtual std::vector<PackId> told_expired(std::span<const PackId> ids) = 0;

  // O6, O7: charges what is open of `part.day` and before, where that day is not charged yet; with
  // journals and balances. Overage without a price stays open.
  virtual SettledPart settle(const SettlementPart& part) = 0;
};

// Leases, and hints of what is due. Throws LedgerUnavailable. Not thread-safe.
class JobStore {
 public:
  virtual ~JobStore() = default;

  // By the clock of the database; nullopt while somebody else holds it.
  virtual std::optional<JobLease> take(const std::string& job, const std::string& holder,
                                       std::uint32_t lease_s, Instant now) = 0;
  // By which instant what is due must be done: the clock of the database; `as_of`, where it is
  // given, or the ledger's last instant, if that is later.
  virtual Instant due_by(std::optional<Instant> as_of) = 0;
  // Gives the lease back if it still is the last one. `succeeded_at`: the run came to its end, and
  // nothing else was due by then.
  virtual void give_back(const JobLease& lease, std::optional<Instant> succeeded_at) = 0;
  // False: the lease is another's now, nothing was changed.
  virtual bool set_done_until(const JobLease& lease, Instant done_until) = 0;
  virtual std::vector<JobRow> jobs() = 0;

  // By account.
  virtual std::vector<SetAside> accounts_set_aside(const std::string& job) = 0;
  // Keeps `since` and `done_until` of one that is set aside already, and counts its tries. False:
  // the lease is another's now, nothing was changed.
  virtual bool set_aside(const JobLease& lease, const SetAside& account) = 0;
  // They could be stored. False: as above.
  virtual bool take_back(const JobLease& lease, std::span<const AccountId> accounts) = 0;
  // Those that settlement set aside and that have nothing open any more, by account.
  virtual std::vector<AccountId> set_aside_with_nothing_open() = 0;

  virtual bool has_expiries(const ExpiriesDone& done, Instant upto) = 0;
  virtual bool has_reminders(Instant upto, std::span<const AccountId> but) = 0;
  // The first `limit` accounts after `after` whose postpaid of the product is on and whose service
  // of it is stopped, by id: those that a price which begins may set going (O10).
  virtual std::vector<AccountId> stopped_with_postpaid(ProductId product, AccountId after,
                                                       std::uint32_t limit) = 0;
  // The first day of open overage; nullopt where there is none.
  virtual std::optional<BusinessDay> first_open_day() = 0;
  // The last of the first accounts of `part` with open overage, of `count` rows; nullopt where
  // there are none.
  virtual std::optional<AccountId> last_of_part(const SettlementPart& part,
                                                std::uint32_t count) = 0;

  // D2: takes address and text out of up to `limit` deliveries that had ended by `ended_by`, in one
  // transaction, and holds the lease for `lease_s` more. How many; nullopt: the lease is another's
  // now, nothing was changed. Not a change of the ledger: no sequence is taken.
  virtual std::optional<std::uint64_t> erase_deliveries(const JobLease& lease,
                                                        std::uint32_t lease_s, Instant ended_by,
                                                        std::uint32_t limit) = 0;
  // The same for in-site messages that were stored by `stored_by`: they are removed (N4).
  virtual std::optional<std::uint64_t> remove_messages(const JobLease& lease, std::uint32_t lease_s,
                                                       Instant stored_by, std::uint32_t limit) = 0;
};

}  // namespace packwarden
