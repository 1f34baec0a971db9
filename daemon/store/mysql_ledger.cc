#include "store/mysql_ledger.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "logging/log.h"
#include "store/ledger_head.h"
#include "store/mysql_transaction.h"
#include "store/overage_rows.h"
#include "store/reaching.h"
#include "store/sql_text.h"
#include "store/void_rows.h"

namespace packwarden {
namespace {

using Clock = std::chrono::steady_clock;

constexpr unsigned read_only_server = 1290;

std::string seconds_text(Span span) {
  return fmt::format("{}.{:03} s", span.nanos / 1'000'000'000, span.nanos / 1'000'000 % 1'000);
}

}  // namespace

Instant host_now() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return Instant::from_micros(
      std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count());
}

MySqlLedger::MySqlLedger(DatabaseAddress address, LedgerOptions options)
    : session_(std::move(address), options.on_progress),
      options_(std::move(options)),
      history_(options_.history ? options_.history : std::make_shared<LedgerHistory>()),
      jitter_(std::random_device{}()) {}

Session& MySqlLedger::session() {
  if (!session_.connected()) session_.connect();
  return session_;
}

HeadRow MySqlLedger::lock(const char* kind) {
  const LedgerWaits::Wait wait(options_.waits.get(), kind);
  return writable(lock_head_as(session_, fmt::format("{} ({})", options_.holder, kind)));
}

// Of a server that was demoted: the next try is on a new connection.
HeadRow MySqlLedger::writable(const HeadRow& row) {
  if (row.is_read_only) {
    session_.break_off();
    throw DatabaseError(read_only_server, "this server is read-only, so the ledger is on another");
  }
  return row;
}

void MySqlLedger::check(const LedgerHistory::Mark& mark, const LedgerHead& head) {
  history_->check(mark, head, [this](Sequence first, Sequence last) {
    return read_stamps(session_, first, last);
  });
}

LedgerHead MySqlLedger::checked_head(const LedgerHistory::Mark& mark) {
  const LedgerHead head = read_head(session_);
  check(mark, head);
  return head;
}

// Whatever the answer took is no difference: the database's clock was read between two of ours.
Instant MySqlLedger::agreed_clock() {
  const Instant before = options_.host_clock();
  const Instant clock = read_clock(session_);
  const Instant after = options_.host_clock();
  const Span allowed = options_.clock_skew_max;
  if (clock > after + allowed || clock < before - allowed) {
    throw ClocksDiffer(fmt::format(
        "the clock of this host says {} and that of the database {}, and no more than {} are "
        "allowed between them: this host claims no file and changes no ledger until they agree. "
        "Set "
        "the wrong clock right",
        to_rfc3339(after), to_rfc3339(clock), seconds_text(allowed)));
  }
  return clock;
}

Instant MySqlLedger::instant_behind(const LedgerHead& head, std::optional<Instant> as_of) {
  const Instant clock = agreed_clock();
  if (as_of) return std::max(Instant{as_of->nanos / 1'000 * 1'000}, head.instant);
  if (options_.accept_clock) return clock;
  if (!options_.allow_as_of && head.instant > clock + options_.clock_skew_max) {
    throw ClocksDiffer(fmt::format(
        "the last ledger transaction is of {}, and the database's clock says {}: nothing is "
        "decided "
        "until the clock has caught up. If the clock is right, run packctl deployment set "
        "ledger-time",
        to_rfc3339(head.instant), to_rfc3339(clock)));
  }
  return std::max(clock, head.instant);
}

std::optional<Sequence> MySqlLedger::transact(const char* kind, std::optional<Instant> as_of,
                                              const Work& work) {
  for (std::uint32_t attempt = 1;; ++attempt) {
    std::optional<Sequence> in_doubt;
    try {
      const auto begun_at = Clock::now();
      const LedgerHistory::Mark mark = history_->mark();
      Transaction transaction(session());
      const HeadRow row = lock(kind);
      const auto locked_at = Clock::now();
      check(mark, row.head);
      MySqlTransaction view(session_, row, instant_behind(row.head, as_of));
      if (work(view) == Verdict::roll_back) return std::nullopt;
      in_doubt = row.head.sequence + 1;
      commit(transaction, kind, view, begun_at, locked_at);
      return in_doubt;
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
    Sequence expected, Instant instant, const char* kind, const Work& work,
    const std::function<bool(LedgerTransaction&)>& may_commit) {
  try {
    const auto begun_at = Clock::now();
    Transaction transaction(session());
    HeadRow row;
    row.head.sequence = expected;
    MySqlTransaction view(session_, row, instant);
    if (work(view) == Verdict::roll_back || !may_commit(view)) return std::nullopt;
    const HeadRow locked = writable(lock_head_now(session_));
    const auto locked_at = Clock::now();
    if (locked.head.sequence != expected || locked.head.instant > instant) return std::nullopt;
    view.stand_behind(locked);
    commit(transaction, kind, view, begun_at, locked_at);
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

void MySqlLedger::commit(Transaction& transaction, const char* kind, MySqlTransaction& view,
                         Clock::time_point begun_at, Clock::time_point locked_at) {
  const LedgerHead head = advance_head(session_, kind, view.row(), view.now(), view.content());
  const auto decided_at = Clock::now();
  transaction.commit();
  history_->committed(head);
  if (!options_.on_commit) return;
  const auto committed_at = Clock::now();
  options_.on_commit(
      {kind, committed_at - decided_at, committed_at - begun_at, committed_at - locked_at});
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
    const LedgerHead head = read_head(session_);
    const Sequence stamps = std::min<Sequence>(head.sequence, LedgerHistory::stamps_max);
    const auto known = read_stamps(session_, head.sequence - stamps + 1, head.sequence);
    history_->begin_with(head, {known.begin(), known.end()});
    read_all(session_, follower, take ? takes : nullptr, sink ? sinks : nullptr);
  } catch (const DatabaseError& error) {
    throw_unavailable(error);
  }
}

LedgerHead MySqlLedger::head() {
  return read("the head of the ledger",
              [this](Session&) { return checked_head(history_->mark()); });
}

Changes MySqlLedger::changes_after(Follower follower, Sequence after) {
  return read("what is new in the ledger", [&](Session& session) {
    const LedgerHistory::Mark mark = history_->mark();  // in the snapshot nothing newer is seen
    const Snapshot snapshot(session);
    return read_changes(session, follower, after, checked_head(mark).sequence, nullptr);
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

Changes MySqlLedger::next_changes(Follower follower, Sequence after, std::uint32_t transactions_max,
                                  const SegmentSink& sink) {
  return read("what is next in the ledger", [&](Session& session) {
    const LedgerHistory::Mark mark = history_->mark();
    const Snapshot snapshot(session);
    const Sequence upto = std::min(checked_head(mark).sequence, after + transactions_max);
    return read_changes(session, follower, after, upto, sink);
  });
}

std::vector<std::optional<FileProgress>> MySqlLedger::progress_of(std::span<const Digest> digests) {
  return read("the progress of files", [&](Session& session) {
    const LedgerHistory::Mark mark = history_->mark();
    const Snapshot snapshot(session);
    checked_head(mark);
    return read_progress(session, digests);
  });
}

std::vector<FileOutcome> MySqlLedger::outcomes_of(std::span<const Digest> digests) {
  auto outcomes = read("the outcome of files", [&](Session& session) {
    const LedgerHistory::Mark mark = history_->mark();
    const Snapshot snapshot(session);
    checked_head(mark);
    return read_outcomes(session, digests);
  });
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

Instant MySqlLedger::agreed_now() {
  return read("the clock of the database", [this](Session&) {
    agreed_clock();
    return options_.host_clock();
  });
}

Instant MySqlLedger::database_now() {
  return read("the clock of the database", read_clock);
}

std::uint64_t MySqlLedger::delete_segments_before(std::int32_t day, std::uint32_t max_rows) {
  return read("what is let go", [&](Session& session) {
    return session.execute(fmt::format("DELETE FROM dedupe_segment WHERE arrival_day < {} LIMIT {}",
                                       date_literal(day), max_rows));
  });
}

}  // namespace packwarden
