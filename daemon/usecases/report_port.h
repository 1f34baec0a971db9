#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/account.h"
#include "domain/account_detail.h"
#include "domain/business_day.h"
#include "domain/ids.h"
#include "domain/instant.h"
#include "domain/notice.h"
#include "domain/pack_condition.h"
#include "domain/refund.h"
#include "domain/standing.h"
#include "usecases/audit.h"
#include "usecases/report_rows.h"
#include "usecases/statement.h"
#include "usecases/usage_origin.h"

// What people and programs look up; store/ implements it on MySQL.
namespace packwarden {

struct AccountRow {
  std::string name;
  std::string parent;  // empty: a main account
  std::map<AccountFactKind, Instant> facts;
};
struct BalanceRow {
  std::string account;
  MoneyMicros balance_micros = 0;
};
struct JournalRow {
  Sequence sequence = 0;
  std::string kind;
  std::string reference;
  Instant booked_at;
  MoneyMicros amount_micros = 0;   // onto the balance
  MoneyMicros balance_micros = 0;  // right after it
};
struct PackRow {
  PackId id{};
  std::string account;
  std::string product;
  std::string tier;
  Units quota = 0;
  Units used = 0;
  Instant effective_from;  // as it is shown: the purchase itself (P5)
  Instant expires_at;
  std::optional<RefundStep> refund{};  // the last step

  Units unused() const { return quota - used; }
  PackCondition condition_at(Instant at) const {
    return condition_of(unused(), effective_from, expires_at, refund, at);
  }
  // What usage at this instant can draw: nothing of a pack that is over, frozen or refunded.
  Units usable_at(Instant at) const {
    return condition_at(at) == PackCondition::usable ? unused() : 0;
  }
};
// A product of which postpaid is on for an account (O4).
struct PostpaidRow {
  std::string account;
  std::string product;
  Instant since;
  bool is_suspended = false;
};
struct ServiceRow {
  std::string product;
  ServiceState state;
  Instant changed_at;
};
struct LedgerRow {
  Sequence sequence = 0;
  UsageRow usage;
  PackId pack{};  // 0 unless drawn
  std::string tier;
};
struct RejectsRow {
  Digest digest{};
  std::string file;
  std::string spool;
  std::string claim;
  Instant arrival;
  std::map<std::string, std::int64_t> records;  // by reason, conflicts among them
};
// What a void would change (U10).
struct PackBack {
  PackId id{};
  std::string account;
  std::string product;
  std::string tier;
  Units quota = 0;
  Units used = 0;  // before
  Units back = 0;  // that would come back
  Instant expires_at;
};
struct FileWithDuplicates {
  Digest digest{};
  std::string spool;
  std::string claim;
  std::string name;
  std::int64_t duplicates = 0;
  // Those of its rating units that had duplicates while the records of the voided file stood.
  std::vector<std::uint32_t> units;  // ascending
};
struct VoidPlan {
  std::vector<PackBack> packs;
  std::vector<UsageRow> usage;  // that would go
  // Other files with duplicates, committed since, and before a void of this one: some may be
  // duplicates of this file's records.
  std::vector<FileWithDuplicates> files_with_duplicates;
};
struct DeliveryCount {
  std::string channel;
  std::string state;
  std::int64_t deliveries = 0;
};
struct StatusNumbers {
  Sequence sequence = 0;
  std::int64_t accounts = 0;
  std::int64_t packs = 0;
  std::int64_t files = 0;
  std::int64_t files_unfinished = 0;
  Units accepted_units = 0;
  Units drawn_units = 0;
  Units overage_units = 0;
  Units overrun_units = 0;
  Units not_billable_units = 0;
  std::int64_t key_bytes = 0;  // of the dedupe keys on disk, as the server reckons it: not exact
  std::vector<DeliveryCount> deliveries;
};

// Rows of the canonical export. Views live as long as the call that gets them.
struct CanonicalPack {
  std::string_view account;
  std::string_view product;
  std::string_view tier;
  std::uint32_t number = 0;  // 1, 2... in the order of purchase within account and product
  Units quota = 0;
  Units used = 0;
};
struct CanonicalRefund {
  std::string_view account;
  std::string_view product;
  std::uint32_t pack_number = 0;
  std::string_view step;
};
struct CanonicalUsage {
  std::string_view account;
  std::string_view used_by;
  std::string_view product;
  std::string_view meter;
  std::string_view day;
  Outcome outcome = Outcome::overrun;
  std::uint32_t pack_number = 0;  // 0 unless drawn
  Units units = 0;
};
struct CanonicalNotice {
  std::string_view account;
  std::string_view product;
  std::uint32_t pack_number = 0;
  std::string_view kind;
  std::int64_t cause = 0;  // 0 where it is a ledger transaction
  std::string_view state;
};
struct CanonicalPostpaid {
  std::string_view account;
  std::string_view product;  // empty: all
  std::string_view step;
};
struct CanonicalService {
  std::string_view account;
  std::string_view product;
  std::string_view covered_by;
  std::string_view reason;
};
struct CanonicalJournal {
  std::string_view account;
  std::string_view kind;
  std::string_view reference;
  MoneyMicros on_balance_micros = 0;
};
struct CanonicalCharge {
  std::string_view account;
  std::string_view product;
  std::string_view charged_day;
  std::string_view usage_day;
  bool is_credit = false;
  MoneyMicros price_micros = 0;
  Units units = 0;
  MoneyMicros amount_micros = 0;
};
struct CanonicalSink {
  // `facts`: the names of those known, with commas between, "" where there are none.
  std::function<void(std::string_view name, std::string_view parent, std::string_view facts)>
      account;
  std::function<void(std::string_view account, MoneyMicros balance_micros)> balance;
  std::function<void(const CanonicalCharge&)> charge;
  std::function<void(const CanonicalJournal&)> journal;
  std::function<void(const CanonicalNotice&)> notice;
  std::function<void(const CanonicalPack&)> pack;
  std::function<void(const CanonicalPostpaid&)> postpaid;  // each change
  std::function<void(const CanonicalRefund&)> refund;
  std::function<void(const CanonicalService&)> service;  // each change
  std::function<void(const CanonicalUsage&)> usage;
};

// Reads of committed state. All members throw LedgerUnavailable. Not thread-safe.
class Reports {
 public:
  virtual ~Reports() = default;

  virtual std::optional<Account> find_account(std::string_view name) = 0;
  // By name.
  virtual std::vector<AccountRow> accounts() = 0;
  // Of a main account, by kind; the language is among them.
  virtual std::vector<AccountDetail> details(const Account& account) = 0;
  virtual std::vector<AccountFact> facts(AccountId account) = 0;
  // By name, of main accounts.
  virtual std::vector<BalanceRow> balances(std::optional<AccountId> account) = 0;
  // The last `limit` journals of a main account, oldest first.
  virtual std::vector<JournalRow> journals(AccountId account, std::uint32_t limit) = 0;
  // Of a main account.
  virtual AccountStanding standing(AccountId account) = 0;
  // Of a main account, in order.
  virtual std::vector<ServiceRow> service_changes(AccountId account) = 0;
  virtual std::vector<ChargeRow> charges(AccountId account) = 0;
  // By account and purchase; of one main account, or of all.
  virtual std::vector<PackRow> packs(std::optional<AccountId> account) = 0;
  // By account and product; of one main account, or of all.
  virtual std::vector<PostpaidRow> postpaid(std::optional<AccountId> account) = 0;
  // Sums over all transactions, those of zero left out: of a main account with its sub-accounts, or
  // of one sub-account.
  virtual std::vector<UsageRow> usage(const Account& account) = 0;
  // The last `limit` entries, oldest first; of a main account or a sub-account.
  virtual std::vector<LedgerRow> entries(const Account& account, std::uint32_t limit) = 0;
  // By digest, as 64 hexadecimal digits, or by name as it came; several files may have one name.
  virtual std::vector<Digest> find_files(const std::string& name_or_digest) = 0;
  // All files with rejected lines, by arrival.
  virtual std::vector<RejectsRow> rejects() = 0;
  virtual VoidPlan void_plan(const Digest& digest) = 0;
  virtual StatusNumbers status() = 0;
  // Of a main account, in one snapshot.
  virtual StatementRows statement(AccountId account, const StatementPeriod& period) = 0;
  // In one snapshot: of a main account with its sub-accounts, or of one sub-account.
  virtual UsageOrigin origin(const Account& account, BusinessDay day) = 0;
  // The checks of docs/AUDIT.md that the database makes, each with its first `shown_max` breaks.
  // That kinds that are off now, or were then, were not told is none. Then gives `each` main
  // account by id, some in memory at a time. All in one snapshot.
  virtual LedgerAudit audit(std::uint32_t shown_max, std::span<const NoticeKind> off_kinds,
                            const std::function<void(const AuditedAccount&)>& each) = 0;
  // Everything in one snapshot, kind by kind in the order of CanonicalSink, each kind in the order
  // of its columns. Rows stream: memory does not grow with them.
  virtual void canonical(const CanonicalSink& sink) = 0;
};

}  // namespace packwarden
