#pragma once

#include <fmt/format.h>

#include "store/account_rows.h"
#include "store/fact_rows.h"
#include "store/job_rows.h"
#include "store/ledger_content.h"
#include "store/ledger_head.h"
#include "store/money_rows.h"
#include "store/mysql_ledger.h"
#include "store/notice_rows.h"
#include "store/overage_rows.h"
#include "store/row_numbers.h"
#include "store/sql_text.h"
#include "store/standing_rows.h"
#include "store/void_rows.h"

namespace packwarden {

// A ledger transaction on an open session, behind `row`, as of `now`. Keeps a digest of what it
// writes.
class MySqlTransaction : public LedgerTransaction {
 public:
  MySqlTransaction(Session& session, const HeadRow& row, Instant now)
      : session_(&session), row_(row), sequence_(row.head.sequence), now_(now) {}

  // The row as this transaction leaves it, and the digest of what it wrote: once, at the end.
  const HeadRow& row() const { return row_; }
  // For one that was written before it had the lock.
  void stand_behind(const HeadRow& locked) { row_ = locked; }
  Digest content() { return content_.digest(); }

  Sequence sequence() const override { return sequence_; }
  Instant now() const override { return now_; }
  Instant instant_before() const override { return row_.head.instant; }
  void begin_history() override { ++row_.head.history; }
  Changes changes_since(Follower follower, Sequence after, const SegmentSink& sink) override {
    return read_changes(*session_, follower, after, sequence_, sink);
  }
  std::vector<std::optional<FileProgress>> progress_of(std::span<const Digest> digests) override {
    return read_progress(*session_, digests);
  }
  void write(const IngestWrite& ingest) override {
    write_ingest(*session_, sequence_ + 1, numbers_, ingest);
    content_.add(ingest);
  }

  std::vector<std::optional<Account>> find_accounts(std::span<const std::string> names) override {
    return read_accounts_named(*session_, names);
  }
  AccountId last_account() override { return row_.last_account; }
  void add_accounts(std::span<const Account> accounts, const std::string& language) override {
    write_accounts(*session_, sequence_ + 1, accounts, language);
    for (const Account& account : accounts) {
      row_.last_account = std::max(row_.last_account, account.id);
    }
  }
  void set_details(std::span<const AccountDetail> details) override {
    write_details(*session_, sequence_ + 1, details);
  }
  std::vector<Contacts> contacts_of(std::span<const AccountId> accounts) override {
    return read_contacts(*session_, accounts);
  }
  std::vector<HeldPack> packs_of(std::span<const AccountId> accounts, ProductId product) override {
    return read_packs_of(*session_, accounts, product);
  }
  std::optional<HeldPack> find_pack(PackId id) override {
    auto held = read_held_packs(*session_, fmt::format("pack_id = {}", value_of(id)));
    return held.empty() ? std::nullopt : std::optional(std::move(held.front()));
  }
  PackId last_pack() override { return row_.last_pack; }
  void add_packs(std::span<const Pack> packs) override {
    write_packs(*session_, sequence_ + 1, packs);
    for (const Pack& pack : packs) {
      row_.last_pack = std::max(row_.last_pack, pack.id);
      content_.add(pack);
    }
  }
  std::vector<AccountStanding> standings_of(std::span<const AccountId> accounts) override {
    return read_standings(*session_, accounts);
  }
  void add_postpaid_changes(std::span<const PostpaidChange> changes) override {
    write_postpaid_changes(*session_, sequence_ + 1, numbers_.postpaid_change, changes);
    numbers_.postpaid_change += static_cast<std::uint32_t>(changes.size());
    for (const PostpaidChange& change : changes) content_.add(change);
  }
  void add_service_changes(std::span<const ServiceChange> changes) override {
    write_service_changes(*session_, sequence_ + 1, numbers_.service_change, changes);
    numbers_.service_change += static_cast<std::uint32_t>(changes.size());
  }
  void add_notices(std::span<const NoticeWrite> notices, Instant now) override {
    write_notices(*session_, sequence_ + 1, notices, now);
  }
  void add_off_kinds(std::span<const NoticeKind> kinds) override {
    write_off_kinds(*session_, sequence_ + 1, kinds);
  }
  std::uint32_t add_refund_step(const RefundStepTaken& step) override {
    content_.add(step);
    return write_refund_step(*session_, sequence_ + 1, step);
  }
  std::vector<AccountFact> facts_of(std::span<const AccountId> accounts) override {
    return read_facts(*session_, accounts);
  }
  void add_facts(std::span<const AccountFact> facts) override {
    write_facts(*session_, sequence_ + 1, facts);
  }
  std::vector<MoneyMicros> balances_of(std::span<const AccountId> accounts) override {
    return read_balances(*session_, accounts);
  }
  void add_journals(std::span<const Journal> journals) override {
    write_journals(*session_, sequence_ + 1, numbers_.journal, journals);
    numbers_.journal += static_cast<std::uint32_t>(journals.size());
    for (const Journal& journal : journals) content_.add(journal);
  }
  std::vector<OpenRow> open_rows_of(std::span<const AccountId> accounts) override {
    return read_open_rows(*session_, accounts);
  }
  bool has_payment(const std::string& reference) override {
    return packwarden::has_payment(*session_, reference);
  }
  void add_payment(const std::string& reference) override {
    write_payment(*session_, sequence_ + 1, reference);
    content_.add_payment(reference);
  }
  std::optional<StoredCommand> find_command(const std::string& request_id,
                                            std::uint32_t piece) override {
    return read_command(*session_, request_id, piece);
  }
  void add_command(const std::string& request_id, std::uint32_t piece,
                   const StoredCommand& command) override {
    write_command(*session_, sequence_ + 1, request_id, piece, command);
  }
  void raise_dedupe_floor(Instant floor) override {
    session_->execute("UPDATE deployment SET dedupe_floor = " + datetime_literal(floor) +
                      " WHERE id = 1");
  }
  JobTransaction& jobs() override { return jobs_; }
  std::optional<FileVoid> find_void(const Digest& digest) override {
    return read_void(*session_, digest);
  }
  void add_void(const Digest& digest, const FileVoid& why) override {
    write_void(*session_, sequence_ + 1, numbers_, digest, why);
    content_.add_void(digest);
  }
  std::vector<AccountId> accounts_of_file(const Digest& digest) override {
    return read_accounts_of_file(*session_, digest);
  }

 private:
  Session* session_;
  HeadRow row_;
  Sequence sequence_;
  Instant now_;
  RowNumbers numbers_;
  LedgerContent content_;
  MySqlJobTransaction jobs_{*session_, sequence_ + 1, numbers_, content_};
};

}  // namespace packwarden
