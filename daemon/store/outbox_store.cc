#include "store/outbox_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "store/outbox_sql.h"
#include "store/sql_text.h"

namespace packwarden {
namespace {

template <class Number>
Number number(const std::optional<std::string_view>& text) {
  Number value = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

// A delivery that is held waits for a person: it has not ended, but has no next attempt.
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

constexpr const char* kSenderLost = "unknown: the sender was lost";

// A delivery may be what ends its senders. After each such end those that were lost with it go out
// in an eighth of the batch, at last alone, so that it takes no others along.
std::size_t lost_together_max(std::uint32_t batch_max, std::uint32_t attempts) {
  return std::max<std::size_t>(1, batch_max >> std::min<std::uint32_t>(3 * attempts, 31));
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

}  // namespace

MysqlOutboxStore::MysqlOutboxStore(DatabaseAddress address) : session_(std::move(address)) {}

Session& MysqlOutboxStore::session() {
  if (!session_.connected()) session_.connect();
  return session_;
}

std::vector<OutboxRow> MysqlOutboxStore::claim(const ClaimRequest& request) {
  Session& db = session();
  const std::string token = db.escape(request.token);
  const std::string claimed = fmt::format("channel = {} AND claim_token = {} AND state = 'sending'",
                                          db.escape(request.channel), token);
  const std::string lease_end = from_now(request.lease_ms);
  if (request.may_hold_rows) {
    const std::string renew =
        fmt::format("UPDATE outbox SET next_attempt_at = {} WHERE {}", lease_end, claimed);
    if (run_again([&] { return db.execute(renew); }) > 0) {
      return within_limit(request, rows_that_are(claimed));
    }
  }
  // Another relay may be faster with all the rows that were due; then the next ones are looked at.
  for (int attempt = 0; attempt < outbox_attempts_max; ++attempt) {
    const Due found = due(request);
    if (found.empty()) return {};
    set_aside(found, request.quiet_for_ms);
    if (found.ids.empty()) continue;
    // Conditional, and outside of a transaction: it is committed when it returns. By primary key,
    // so that relays lock in one order.
    const std::string take = fmt::format(
        "UPDATE outbox SET state = 'sending', claim_token = {}, attempts = attempts + 1, "
        "next_attempt_at = {} WHERE delivery_id IN ({}) AND state IN ('queued', 'retrying') AND "
        "next_attempt_at <= NOW(6)",
        token, lease_end, found.ids);
    if (run_again([&] { return db.execute(take); }) > 0) {
      return within_limit(request, rows_that_are(claimed));
    }
  }
  return {};
}

MysqlOutboxStore::Due MysqlOutboxStore::due(const ClaimRequest& request) {
  Due found;
  std::optional<bool> takes_lost;  // as the first one is
  std::size_t taken = 0;
  std::size_t most = request.batch_max;
  session_.for_each_row(
      fmt::format("SELECT delivery_id, COALESCE(useful_until <= NOW(6), 0), can_wait, state = "
                  "'retrying' AND outcome = '{}', attempts FROM outbox "
                  "WHERE channel = {} AND claim_token = '' AND next_attempt_at <= NOW(6) AND state "
                  "IN ('queued', 'retrying') ORDER BY next_attempt_at LIMIT {}",
                  kSenderLost, session_.escape(request.channel), request.batch_max),
      [&](RowView row) {
        const bool over = *row[1] == "1";
        const bool quiet = request.quiet_for_ms > 0 && *row[2] == "1";
        std::string& ids = over ? found.over_ids : quiet ? found.quiet_ids : found.ids;
        if (&ids == &found.ids) {
          const bool was_lost = *row[3] == "1";
          if (!takes_lost) {
            takes_lost = was_lost;
            if (was_lost) {
              most = lost_together_max(request.batch_max, number<std::uint32_t>(row[4]));
            }
          }
          if (was_lost != *takes_lost || taken >= most) return;
          ++taken;
        }
        ids.append(ids.empty() ? "" : ", ").append(*row[0]);
      });
  return found;
}

void MysqlOutboxStore::set_aside(const Due& due, std::uint64_t quiet_for_ms) {
  const auto update = [&](const std::string& columns, const std::string& ids) {
    if (ids.empty()) return;
    const std::string text = fmt::format(
        "UPDATE outbox SET {} WHERE delivery_id IN ({}) AND state IN ('queued', 'retrying') AND "
        "next_attempt_at <= NOW(6)",
        columns, ids);
    run_again([&] { return session_.execute(text); });
  };
  update(
      "state = 'expired', next_attempt_at = NULL, ended_at = NOW(6), outcome = LEFT(CONCAT('no "
      "longer useful', IF(outcome = '', '', '; last: '), outcome), 255)",
      due.over_ids);
  update("next_attempt_at = " + from_now(quiet_for_ms), due.quiet_ids);
}

// N7. The hour is the database's. Counted before the send: a crash in between counts too much,
// never too little.
std::vector<OutboxRow> MysqlOutboxStore::within_limit(const ClaimRequest& request,
                                                      std::vector<OutboxRow> rows) {
  if (request.recipient_max_per_hour == 0) return rows;
  std::map<std::string, std::uint64_t> wanted;
  for (const OutboxRow& row : rows) ++wanted[row.recipient];
  const std::string channel = session_.escape(request.channel);
  const std::string hour = "DATE_FORMAT(NOW(), '%Y-%m-%d %H:00:00')";
  return run_again([&] {
    Transaction transaction(session_);
    session_.execute(
        fmt::format("DELETE FROM recipient_hour WHERE hour < NOW() - INTERVAL 2 HOUR LIMIT 1000"));
    std::map<std::string, std::uint64_t> over;
    for (const auto& [recipient, count] : wanted) {
      const std::string key = fmt::format("channel = {} AND recipient = {} AND hour = {}", channel,
                                          session_.escape(recipient), hour);
      session_.execute(
          fmt::format("INSERT INTO recipient_hour (channel, recipient, hour, "
                      "deliveries) VALUES ({}, {}, {}, {}) ON DUPLICATE KEY UPDATE "
                      "deliveries = deliveries + {}",
                      channel, session_.escape(recipient), hour, count, count));
      const auto now = number<std::uint64_t>(
          *session_.query("SELECT deliveries FROM recipient_hour WHERE " + key).at(0).at(0));
      if (now <= request.recipient_max_per_hour) continue;
      over[recipient] = std::min(count, now - request.recipient_max_per_hour);
      session_.execute(fmt::format(
          "UPDATE recipient_hour SET deliveries = deliveries - {} WHERE {}", over[recipient], key));
    }
    std::vector<OutboxRow> kept;
    std::string later;
    for (auto row = rows.rbegin(); row != rows.rend(); ++row) {  // the first come first
      std::uint64_t& left = over[row->recipient];
      if (left == 0) {
        kept.insert(kept.begin(), *row);
        continue;
      }
      --left;
      later.append(later.empty() ? "" : ", ").append(std::to_string(row->delivery_id));
    }
    if (!later.empty()) {
      session_.execute(fmt::format(
          "UPDATE outbox SET state = 'retrying', attempts = attempts - 1, claim_token = '', "
          "next_attempt_at = {} + INTERVAL 1 HOUR, outcome = 'waits for the next hour: the "
          "recipient had as many as the channel allows' WHERE delivery_id IN ({}) AND state = "
          "'sending'",
          hour, later));
    }
    transaction.commit();
    return kept;
  });
}

std::vector<OutboxRow> MysqlOutboxStore::rows_that_are(const std::string& claimed) {
  std::vector<OutboxRow> rows;
  session_.for_each_row(
      fmt::format("SELECT delivery_id, idempotency_key, account_name, recipient, language, kind, "
                  "subject, body, html, facts, "
                  "DATE_FORMAT(COALESCE(occurred_at, created_at), '%Y-%m-%dT%H:%i:%s.%fZ'), "
                  "attempts FROM outbox WHERE {} ORDER BY delivery_id",
                  claimed),
      [&rows](RowView row) {
        rows.push_back({number<std::uint64_t>(row[0]), to_text(row[1]), to_text(row[2]),
                        to_text(row[3]), to_text(row[4]), to_text(row[5]), to_text(row[6]),
                        to_text(row[7]), to_text(row[8]), to_text(row[9]), to_text(row[10]),
                        number<std::uint32_t>(row[11])});
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
                                                std::uint32_t unknown_attempts_max) {
  Session& db = session();
  // Only deliveries that are being sent have a token, so that the index finds them beside any
  // backlog; by primary key, so that nothing else is locked.
  std::string ids;
  db.for_each_row(
      fmt::format("SELECT delivery_id FROM outbox WHERE channel = {} AND claim_token > '' AND "
                  "state = 'sending' AND next_attempt_at <= NOW(6) LIMIT 1000",
                  db.escape(channel)),
      [&ids](RowView row) { ids.append(ids.empty() ? "" : ", ").append(*row[0]); });
  if (ids.empty()) return 0;
  const std::string expired = fmt::format(
      " WHERE delivery_id IN ({}) AND next_attempt_at <= NOW(6) AND state = 'sending'", ids);
  const std::uint32_t held_from = policy == UnknownOutcome::hold ? 0 : unknown_attempts_max;
  const auto change = [&](const char* columns, const char* attempts) {
    const std::string text =
        fmt::format("UPDATE outbox SET claim_token = '', outcome = '{}', {}{} AND attempts {} {}",
                    kSenderLost, columns, expired, attempts, held_from);
    return run_again([&] { return db.execute(text); });
  };
  const std::uint64_t held = change("state = 'held', next_attempt_at = NULL", ">=");
  const std::uint64_t retried = change("state = 'retrying', next_attempt_at = NOW(6)", "<");
  apply_reports(db, fmt::format("delivery_id IN ({})", ids));
  return held + retried;
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

}  // namespace packwarden
