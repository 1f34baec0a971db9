#include "store/outbox_store.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <chrono>
#include <map>
#include <thread>

namespace packwarden {
namespace {

// A claim and the end of an attempt may meet on the same index entries.
constexpr int kAttemptsMax = 5;

// Runs a unit of work again after a deadlock or a lock wait (law 1). Relays of one channel start
// together, hence the growing pause; a lost connection is the caller's business.
template <class Unit>
auto run_again(Unit unit) {
  for (int attempt = 1;; ++attempt) {
    try {
      return unit();
    } catch (const DatabaseError& error) {
      const bool again = error.kind() == DatabaseErrorKind::deadlock ||
                         error.kind() == DatabaseErrorKind::lock_wait_timeout;
      if (!again || attempt == kAttemptsMax) throw;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5 * attempt));
  }
}

std::string from_now(std::uint32_t milliseconds) {
  return fmt::format("NOW(6) + INTERVAL {} MICROSECOND", std::uint64_t{milliseconds} * 1000);
}

template <class Number>
Number number(const std::optional<std::string_view>& text) {
  Number value = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

std::string text(const std::optional<std::string_view>& value) {
  return std::string(value.value_or(std::string_view()));
}

// A delivery that is held waits for a person: it has not ended, but is out of the claim index.
std::string columns_of(Session& db, const DeliveryOutcome& outcome) {
  const auto columns = [&](const char* state, const std::string& next_attempt_at,
                           const char* ended_at) {
    return fmt::format("state = '{}', next_attempt_at = {}, ended_at = {}, outcome = {}", state,
                       next_attempt_at, ended_at, db.escape(outcome.detail));
  };
  switch (outcome.state) {
    case DeliveryState::sent:
      return columns("sent", "NULL", "NOW(6)");
    case DeliveryState::retrying:
      return columns("retrying", from_now(outcome.retry_after_ms), "NULL");
    case DeliveryState::dead:
      return columns("dead", "NULL", "NOW(6)");
    case DeliveryState::held:
      break;
  }
  return columns("held", "NULL", "NULL");
}

// What ends alike is one statement: the columns, and the ids in the order of the outcomes.
std::map<std::string, std::string> by_columns(Session& db,
                                              std::span<const DeliveryOutcome> outcomes) {
  std::map<std::string, std::string> groups;
  for (const DeliveryOutcome& outcome : outcomes) {
    std::string& ids = groups[columns_of(db, outcome)];
    ids.append(ids.empty() ? "" : ", ").append(std::to_string(outcome.delivery_id));
  }
  return groups;
}

// What the provider reported counts once no attempt is under way.
void apply_reports(Session& db, const std::string& which) {
  db.execute(fmt::format(
      "UPDATE outbox SET state = 'sent', next_attempt_at = NULL, ended_at = NOW(6) WHERE {} AND "
      "reported = 'delivered' AND state IN ('retrying', 'held')",
      which));
  db.execute(fmt::format(
      "UPDATE outbox SET state = 'dead', next_attempt_at = NULL, ended_at = NOW(6), outcome = "
      "LEFT(CONCAT('undeliverable: ', report), 255) WHERE {} AND reported = 'failed' AND state IN "
      "('sent', 'retrying', 'held')",
      which));
}

}  // namespace

MysqlOutboxStore::MysqlOutboxStore(DatabaseAddress address) : session_(std::move(address)) {}

Session& MysqlOutboxStore::session() {
  if (!session_.connected()) session_.connect();
  return session_;
}

std::vector<OutboxRow> MysqlOutboxStore::claim(const ClaimRequest& request) {
  Session& db = session();
  const std::string token = db.escape(request.token);
  const std::string lease_end = from_now(request.lease_ms);
  if (request.may_hold_rows) {
    const std::string renew = fmt::format(
        "UPDATE outbox SET next_attempt_at = {} WHERE claim_token = {} AND state = 'sending'",
        lease_end, token);
    if (run_again([&] { return db.execute(renew); }) > 0) return claimed_rows(token);
  }
  // Another relay may be faster with all the rows that were due; then the next ones are looked at.
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    const std::string due = due_ids(request);
    if (due.empty()) return {};
    // Conditional, and outside of a transaction: it is committed when it returns. By primary key,
    // so that relays lock in one order.
    const std::string take = fmt::format(
        "UPDATE outbox SET state = 'sending', claim_token = {}, attempts = attempts + 1, "
        "next_attempt_at = {} WHERE delivery_id IN ({}) AND state IN ('queued', 'retrying') AND "
        "next_attempt_at <= NOW(6)",
        token, lease_end, due);
    if (run_again([&] { return db.execute(take); }) > 0) return claimed_rows(token);
  }
  return {};
}

std::string MysqlOutboxStore::due_ids(const ClaimRequest& request) {
  std::string ids;
  session_.for_each_row(
      fmt::format("SELECT delivery_id FROM outbox WHERE channel = {} AND next_attempt_at <= NOW(6) "
                  "AND state IN ('queued', 'retrying') ORDER BY next_attempt_at LIMIT {}",
                  session_.escape(request.channel), request.batch_max),
      [&ids](RowView row) { ids.append(ids.empty() ? "" : ", ").append(*row[0]); });
  return ids;
}

std::vector<OutboxRow> MysqlOutboxStore::claimed_rows(const std::string& quoted_token) {
  std::vector<OutboxRow> rows;
  session_.for_each_row(
      fmt::format("SELECT delivery_id, idempotency_key, account_name, recipient, language, kind, "
                  "subject, body, html, facts, "
                  "DATE_FORMAT(COALESCE(occurred_at, created_at), '%Y-%m-%dT%H:%i:%s.%fZ'), "
                  "attempts FROM outbox WHERE claim_token = {} AND "
                  "state = 'sending' ORDER BY delivery_id",
                  quoted_token),
      [&rows](RowView row) {
        rows.push_back({number<std::uint64_t>(row[0]), text(row[1]), text(row[2]), text(row[3]),
                        text(row[4]), text(row[5]), text(row[6]), text(row[7]), text(row[8]),
                        text(row[9]), text(row[10]), number<std::uint32_t>(row[11])});
      });
  return rows;
}

std::uint64_t MysqlOutboxStore::finish(const std::string& token,
                                       std::span<const DeliveryOutcome> outcomes) {
  Session& db = session();
  return run_again([&] {
    std::uint64_t finished = 0;
    Transaction transaction(db);
    for (const auto& [columns, ids] : by_columns(db, outcomes)) {
      finished += db.execute(fmt::format(
          "UPDATE outbox SET {}, claim_token = '' WHERE delivery_id IN ({}) AND claim_token = {} "
          "AND state = 'sending'",
          columns, ids, db.escape(token)));
      apply_reports(db, fmt::format("delivery_id IN ({})", ids));
    }
    transaction.commit();
    return finished;
  });
}

std::uint64_t MysqlOutboxStore::release_expired(const std::string& channel, UnknownOutcome policy,
                                                std::uint32_t attempts_max) {
  Session& db = session();
  // Only deliveries that are being sent have a token, so that its index finds them beside any
  // backlog; by primary key, so that nothing else is locked.
  std::string ids;
  db.for_each_row(
      fmt::format("SELECT delivery_id FROM outbox WHERE claim_token > '' AND channel = {} AND "
                  "state = 'sending' AND next_attempt_at <= NOW(6) LIMIT 1000",
                  db.escape(channel)),
      [&ids](RowView row) { ids.append(ids.empty() ? "" : ", ").append(*row[0]); });
  if (ids.empty()) return 0;
  const std::string expired = fmt::format(
      " WHERE delivery_id IN ({}) AND next_attempt_at <= NOW(6) AND state = 'sending'", ids);
  const std::string change = "UPDATE outbox SET claim_token = '', ";
  if (policy == UnknownOutcome::hold) {
    const std::string hold = change +
                             "state = 'held', next_attempt_at = NULL, "
                             "outcome = 'unknown: the sender was lost'" +
                             expired;
    return run_again([&] { return db.execute(hold); });
  }
  const std::string bury = change +
                           "state = 'dead', next_attempt_at = NULL, ended_at = NOW(6), "
                           "outcome = 'unknown: the sender was lost; attempts are used up'" +
                           expired + fmt::format(" AND attempts >= {}", attempts_max);
  const std::string retry = change +
                            "state = 'retrying', next_attempt_at = NOW(6), "
                            "outcome = 'unknown: the sender was lost'" +
                            expired;
  const std::uint64_t dead = run_again([&] { return db.execute(bury); });
  return dead + run_again([&] { return db.execute(retry); });
}

void MysqlOutboxStore::store_inbox_messages(std::span<const InboxMessage> messages) {
  if (messages.empty()) return;
  Session& db = session();
  std::string insert =
      "INSERT INTO inbox_message (idempotency_key, account_name, language, kind, subject, body, "
      "stored_at) VALUES ";
  const char* separator = "";
  for (const InboxMessage& message : messages) {
    insert += fmt::format("{}({}, {}, {}, {}, {}, {}, NOW(6))", separator,
                          db.escape(message.idempotency_key), db.escape(message.account_name),
                          db.escape(message.language), db.escape(message.kind),
                          db.escape(message.subject), db.escape(message.body));
    separator = ", ";
  }
  // One that an earlier attempt stored stays as it is.
  insert += " ON DUPLICATE KEY UPDATE message_id = message_id";
  run_again([&] { return db.execute(insert); });
}

MysqlDeliveryReports::MysqlDeliveryReports(DatabaseAddress address)
    : session_(std::move(address)) {}

void MysqlDeliveryReports::record(const std::string& idempotency_key, ReportedState state,
                                  const std::string& detail) {
  constexpr std::array names = {"pending", "delivered", "failed"};
  const std::lock_guard lock(mutex_);
  if (!session_.connected()) session_.connect();
  const std::string which = "idempotency_key = " + session_.escape(idempotency_key);
  // One that came late does not take a final one back.
  const std::string keep =
      fmt::format("UPDATE outbox SET reported = '{}', report = {}, reported_at = NOW(6) WHERE {}{}",
                  names.at(static_cast<std::size_t>(state)), session_.escape(detail), which,
                  state == ReportedState::pending ? " AND reported IN ('', 'pending')" : "");
  run_again([&] {
    Transaction transaction(session_);
    session_.execute(keep);
    apply_reports(session_, which);
    transaction.commit();
    return 0;
  });
}

}  // namespace packwarden
