#include "store/mysql_ledger.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "logging/log.h"
#include "store/account_rows.h"
#include "store/fact_rows.h"
#include "store/job_rows.h"
#include "store/money_rows.h"
#include "store/notice_rows.h"
#include "store/overage_rows.h"
#include "store/reaching.h"
#include "store/sql_text.h"
#include "store/standing_rows.h"
#include "store/void_rows.h"

namespace packwarden {
namespace {

using Clock = std::chrono::steady_clock;

class MySqlTransaction : public LedgerTransaction {
 public:
  MySqlTransaction(Session& session, Sequence sequence) : session_(&session), sequence_(sequence) {}

  Sequence sequence() const override { return sequence_; }
  Changes changes_since(Follower follower, Sequence after, const SegmentSink& sink) override {
    return read_changes(*session_, follower, after, sequence_, sink);
  }
  std::vector<std::optional<FileProgress>> progress_of(std::span<const Digest> digests) override {
    return read_progress(*session_, digests);
  }
  void write(const IngestWrite& ingest) override { write_ingest(*session_, sequence_ + 1, ingest); }

  std::vector<std::optional<Account>> find_accounts(std::span<const std::string> names) override {
    return read_accounts_named(*session_, names);
  }
  AccountId last_account() override {
    return AccountId{last_id(*session_, "account", "account_id")};
  }
  void add_accounts(std::span<const Account> accounts, const std::string& language) override {
    write_accounts(*session_, sequence_ + 1, accounts, language);
  }
  void set_details(std::span<const AccountDetail> details) override {
    write_details(*session_, sequence_ + 1, details);
  }
  std::vector<Contacts> contacts_of(std::span<const AccountId> accounts) override {
    return read_contacts(*session_, accounts);
  }
  std::vector<HeldPack> packs_of(AccountId account, ProductId product) override {
    return read_held_packs(*session_, fmt::format("account_id = {} AND product_id = {}",
                                                  value_of(account), value_of(product)));
  }
  std::optional<HeldPack> find_pack(PackId id) override {
    auto held = read_held_packs(*session_, fmt::format("pack_id = {}", value_of(id)));
    return held.empty() ? std::nullopt : std::optional(std::move(held.front()));
  }
  PackId last_pack() override { return PackId{last_id(*session_, "pack", "pack_id")}; }
  void add_packs(std::span<const Pack> packs) override {
    write_packs(*session_, sequence_ + 1, packs);
  }
  std::vector<AccountStanding> standings_of(std::span<const AccountId> accounts) override {
    return read_standings(*session_, accounts);
  }
  void add_postpaid_changes(std::span<const PostpaidChange> changes) override {
    write_postpaid_changes(*session_, sequence_ + 1, changes);
  }
  void add_service_changes(std::span<const ServiceChange> changes) override {
    write_service_changes(*session_, sequence_ + 1, service_changes_, changes);
    service_changes_ += static_cast<std::uint32_t>(changes.size());
  }
  void add_notices(std::span<const NoticeWrite> notices, Instant now) override {
    write_notices(*session_, sequence_ + 1, notices, now);
  }
  std::uint32_t add_refund_step(const RefundStepTaken& step) override {
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
    write_journals(*session_, sequence_ + 1, journals);
  }
  std::vector<OpenRow> open_rows_of(std::span<const AccountId> accounts) override {
    return read_open_rows(*session_, accounts);
  }
  bool has_payment(const std::string& reference) override {
    return packwarden::has_payment(*session_, reference);
  }
  void add_payment(const std::string& reference) override {
    write_payment(*session_, sequence_ + 1, reference);
  }
  std::optional<StoredCommand> find_command(const std::string& request_id) override {
    return read_command(*session_, request_id);
  }
  void add_command(const std::string& request_id, const StoredCommand& command) override {
    write_command(*session_, sequence_ + 1, request_id, command);
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
    write_void(*session_, sequence_ + 1, digest, why);
  }
  std::vector<AccountId> accounts_of_file(const Digest& digest) override {
    return read_accounts_of_file(*session_, digest);
  }

 private:
  Session* session_;
  Sequence sequence_;
  std::uint32_t service_changes_ = 0;  // written so far
  MySqlJobTransaction jobs_{*session_, sequence_ + 1};
};

Sequence lock_sequence(Session& session, const char* how) {
  return to_int(
      session.query(fmt::format("SELECT seq FROM ledger_sequence WHERE id = 1 FOR UPDATE{}", how))
          .at(0)
          .at(0));
}

// From `before`, under the lock.
void advance(Session& session, const char* kind, Sequence before) {
  session.execute(
      fmt::format("INSERT INTO ledger_transaction (seq, kind, committed_at) VALUES ({}, {}, "
                  "UTC_TIMESTAMP(6))",
                  before + 1, session.escape(kind)));
  const auto advanced = session.execute(fmt::format(
      "UPDATE ledger_sequence SET seq = {} WHERE id = 1 AND seq = {}", before + 1, before));
  if (advanced != 1) throw std::logic_error("the ledger sequence moved although it was locked");
}

}  // namespace

MySqlLedger::MySqlLedger(DatabaseAddress address, LedgerOptions options)
    : session_(std::move(address), options.on_progress),
      options_(std::move(options)),
      jitter_(std::random_device{}()) {}

Session& MySqlLedger::session() {
  if (!session_.connected()) session_.connect();
  return session_;
}

std::optional<Sequence> MySqlLedger::transact(const char* kind, const Work& work) {
  for (std::uint32_t attempt = 1;; ++attempt) {
    std::optional<Sequence> in_doubt;
    try {
      const auto begun_at = Clock::now();
      Transaction transaction(session());
      const Sequence before = lock_sequence(session_, "");
      MySqlTransaction view(session_, before);
      if (work(view) == Verdict::roll_back) return std::nullopt;
      advance(session_, kind, before);
      in_doubt = before + 1;
      commit(transaction, kind, begun_at);
      return before + 1;
    } catch (const DatabaseError& error) {
      if (in_doubt && error.kind() == DatabaseErrorKind::lost_connection) {
        log_event(
            events::commit_in_doubt, {.batch = *in_doubt},
            "the answer to COMMIT of ledger transaction {} ({}) was lost; looking up whether it is "
            "there",
            *in_doubt, kind);
      }
      const std::uint32_t attempts_max = error.is_transient() ? options_.transaction_attempts_max
                                         : error.is_of_what_was_written()
                                             ? options_.unstorable_attempts_max
                                             : 1;
      if (attempt >= attempts_max) throw_unavailable(error);
      log_event(events::transaction_repeated,
                "ledger transaction ({}) is run again, attempt {} of {}: {}: {}", kind, attempt + 1,
                attempts_max, to_string(error.kind()), error.what());
    }
    back_off(attempt);
  }
}

// Whoever has the lock came in between, or waits for rows of ours: then it must not be waited for.
std::optional<Sequence> MySqlLedger::transact_behind(
    Sequence expected, const char* kind, const Work& work,
    const std::function<bool(LedgerTransaction&)>& may_commit) {
  try {
    const auto begun_at = Clock::now();
    Transaction transaction(session());
    MySqlTransaction view(session_, expected);
    if (work(view) == Verdict::roll_back || !may_commit(view)) return std::nullopt;
    if (lock_sequence(session_, " NOWAIT") != expected) return std::nullopt;
    advance(session_, kind, expected);
    commit(transaction, kind, begun_at);
    return expected + 1;
  } catch (const DatabaseError& error) {
    if (!error.is_transient() && !error.is_of_what_was_written()) throw_unavailable(error);
    if (error.kind() != DatabaseErrorKind::lock_wait_timeout) {  // that is somebody with the lock
      log_event(events::transaction_repeated,
                "ledger transaction ({}), written behind another, is run again: {}: {}", kind,
                to_string(error.kind()), error.what());
    }
    return std::nullopt;
  }
}

void MySqlLedger::commit(Transaction& transaction, const char* kind, Clock::time_point begun_at) {
  const auto decided_at = Clock::now();
  transaction.commit();
  if (!options_.on_commit) return;
  const auto committed_at = Clock::now();
  options_.on_commit({kind, committed_at - decided_at, committed_at - begun_at});
}

// A read that is run again as a whole after a lost connection.
template <class Read>
auto MySqlLedger::read(const char* what, Read&& read_all_of_it) {
  for (std::uint32_t attempt = 1;; ++attempt) {
    try {
      return read_all_of_it(session());
    } catch (const DatabaseError& error) {
      if (!error.is_transient() || attempt >= options_.transaction_attempts_max)
        throw_unavailable(error);
      log_event(events::read_repeated, "{} is read again, attempt {} of {}: {}", what, attempt + 1,
                options_.transaction_attempts_max, error.what());
    }
    back_off(attempt);
  }
}

void MySqlLedger::back_off(std::uint32_t attempt) {
  if (options_.on_progress) options_.on_progress();
  const std::uint32_t most_ms = std::min(10U << std::min(attempt, 7U), 1'000U);
  std::this_thread::sleep_for(
      std::chrono::milliseconds(std::uniform_int_distribution<std::uint32_t>(1, most_ms)(jitter_)));
}

void MySqlLedger::load(Follower follower, const ChangesSink& take, const SegmentSink& sink) {
  // Not run again: what was handed over already would have to be forgotten. The caller starts over.
  const auto or_break_off = [this](const auto& use, auto&& piece) {
    try {
      use(std::forward<decltype(piece)>(piece));
    } catch (...) {
      session_.break_off();
      throw;
    }
  };
  const ChangesSink takes = [&](Changes changes) { or_break_off(take, std::move(changes)); };
  const SegmentSink sinks = [&](const KeySegment& segment) { or_break_off(sink, segment); };
  try {
    const Snapshot snapshot(session());
    read_all(session_, follower, take ? takes : nullptr, sink ? sinks : nullptr);
  } catch (const DatabaseError& error) {
    throw_unavailable(error);
  }
}

Sequence MySqlLedger::sequence() {
  return read("the ledger sequence", [](Session& session) { return read_sequence(session); });
}

Changes MySqlLedger::changes_after(Follower follower, Sequence after) {
  return read("what is new in the ledger", [&](Session& session) {
    const Snapshot snapshot(session);
    return read_changes(session, follower, after, read_sequence(session), nullptr);
  });
}

std::vector<OpenRow> MySqlLedger::open_rows_of(std::span<const AccountId> accounts) {
  return read("what is open", [&](Session& session) {
    const Snapshot snapshot(session);
    return read_open_rows(session, accounts);
  });
}

void MySqlLedger::for_each_open_row(const std::function<void(const OpenRow&)>& take) {
  // Not read again here: a part of it was taken.
  try {
    const Snapshot snapshot(session());
    packwarden::for_each_open_row(session_, take);
  } catch (const DatabaseError& error) {
    throw_unavailable(error);
  }
}

std::vector<std::optional<FileProgress>> MySqlLedger::progress_of(std::span<const Digest> digests) {
  return read("the progress of files",
              [&](Session& session) { return read_progress(session, digests); });
}

std::vector<FileOutcome> MySqlLedger::outcomes_of(std::span<const Digest> digests) {
  auto outcomes = read("the outcome of files",
                       [&](Session& session) { return read_outcomes(session, digests); });
  for (FileOutcome& outcome : outcomes) {
    if (outcome.counts.rejected_total() + outcome.counts.conflict == 0) continue;
    outcome.rejected_lines = [this, digest = outcome.file.digest](const auto& sink) {
      // Not read again here: the sink has taken a part of it.
      try {
        read_rejected_lines(session(), digest, sink);
      } catch (const DatabaseError& error) {
        throw_unavailable(error);
      }
    };
  }
  return outcomes;
}

void MySqlLedger::keys_of_file(const Digest& digest, const SegmentSink& sink) {
  // Not read again here: the sink has taken a part of it.
  try {
    read_keys_of_file(session(), digest, sink);
  } catch (const DatabaseError& error) {
    throw_unavailable(error);
  }
}

Instant MySqlLedger::database_now() {
  return read("the clock of the database", [](Session& session) {
    const auto rows = session.query("SELECT " + micros_of("UTC_TIMESTAMP(6)"));
    return Instant::from_micros(to_int(rows.at(0).at(0)));
  });
}

std::uint64_t MySqlLedger::delete_segments_before(std::int32_t day, std::uint32_t max_rows) {
  return read("what is let go", [&](Session& session) {
    return session.execute(fmt::format("DELETE FROM dedupe_segment WHERE arrival_day < {} LIMIT {}",
                                       date_literal(day), max_rows));
  });
}

}  // namespace packwarden
