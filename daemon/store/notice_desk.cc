#include "store/notice_desk.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <random>

#include "domain/notice.h"
#include "store/outbox_sql.h"
#include "store/reaching.h"
#include "store/situation_reads.h"
#include "store/sql_text.h"

namespace packwarden {
namespace {

constexpr std::uint32_t changed_at_once = 1'000;
// A person waits for it: some seconds of a large outbox.
constexpr std::uint32_t counted_deliveries_max = 200'000;

// Deliveries of an account are found by the begin of their keys, which are unique and indexed.
std::string of_account(std::uint32_t account_id) {
  std::vector<std::string> prefixes;
  for (std::size_t kind = 0; kind < notice_kind_count; ++kind) {
    prefixes.push_back(fmt::format("idempotency_key LIKE '{}/{}/%'",
                                   name_of(static_cast<NoticeKind>(kind)), account_id));
  }
  return fmt::format("({})", fmt::join(prefixes, " OR "));
}

std::string condition_of(Session& session, const DeliveryFilter& filter) {
  std::string condition = "TRUE";
  if (!filter.ids.empty()) {
    condition += fmt::format(" AND delivery_id IN ({})", fmt::join(filter.ids, ","));
  }
  if (!filter.states.empty()) {
    std::vector<std::string> states;
    for (const std::string& state : filter.states) states.push_back(session.escape(state));
    condition += fmt::format(" AND state IN ({})", fmt::join(states, ","));
  }
  if (!filter.channel.empty()) {
    condition += fmt::format(" AND channel = {}", session.escape(filter.channel));
  }
  if (filter.account_id != 0) condition += " AND " + of_account(filter.account_id);
  return condition;
}

DeliveryRow delivery_of(RowView row) {
  DeliveryRow out;
  out.id = static_cast<std::uint64_t>(to_int(row[0]));
  out.idempotency_key = to_text(row[1]);
  out.channel = to_text(row[2]);
  out.kind = to_text(row[3]);
  out.account = to_text(row[4]);
  out.recipient = to_text(row[5]);
  out.state = to_text(row[6]);
  out.attempts = static_cast<std::uint32_t>(to_int(row[7]));
  out.outcome = to_text(row[8]);
  out.reported = to_text(row[9]);
  out.report = to_text(row[10]);
  out.created_at = Instant::from_micros(to_int(row[11]));
  out.next_attempt_at = to_optional_instant(row[12]);
  out.useful_until = to_optional_instant(row[13]);
  out.ended_at = to_optional_instant(row[14]);
  out.erased_at = to_optional_instant(row[15]);
  return out;
}

}  // namespace

MysqlNoticeDesk::MysqlNoticeDesk(DatabaseAddress address) : session_(std::move(address)) {}

std::vector<DeliveryRow> MysqlNoticeDesk::deliveries(const DeliveryFilter& filter) {
  return reaching(session_, [&](Session& session) {
    std::vector<DeliveryRow> rows;
    session.for_each_row(
        fmt::format("SELECT delivery_id, idempotency_key, channel, kind, account_name, recipient, "
                    "state, attempts, outcome, reported, report, {}, {}, {}, {}, {} FROM outbox "
                    "WHERE {} ORDER BY delivery_id DESC LIMIT {}",
                    micros_of("created_at"), micros_of("next_attempt_at"),
                    micros_of("useful_until"), micros_of("ended_at"), micros_of("erased_at"),
                    condition_of(session, filter), filter.limit),
        [&](RowView row) { rows.push_back(delivery_of(row)); });
    return rows;
  });
}

std::optional<DeliveryText> MysqlNoticeDesk::text_of(std::uint64_t id) {
  return reaching(session_, [&](Session& session) {
    std::optional<DeliveryText> found;
    session.for_each_row(
        fmt::format(
            "SELECT language, subject, body, html, facts FROM outbox WHERE delivery_id = {}", id),
        [&](RowView row) {
          found = DeliveryText{to_text(row[0]), to_text(row[1]), to_text(row[2]), to_text(row[3]),
                               to_text(row[4])};
        });
    return found;
  });
}

// Some at a time, by primary key, so that a relay that works on others never waits for long.
std::uint64_t MysqlNoticeDesk::update(const DeliveryFilter& filter, const std::string& columns,
                                      const std::string& condition) {
  return reaching(session_, [&](Session& session) {
    std::uint64_t changed = 0;
    std::uint64_t after = 0;
    for (;;) {
      std::vector<std::string> ids;
      session.for_each_row(
          fmt::format("SELECT delivery_id FROM outbox WHERE {} AND {} AND delivery_id > {} ORDER "
                      "BY delivery_id LIMIT {}",
                      condition_of(session, filter), condition, after, changed_at_once),
          [&](RowView row) { ids.emplace_back(*row[0]); });
      if (ids.empty()) return changed;
      const std::string statement =
          fmt::format("UPDATE outbox SET {} WHERE delivery_id IN ({}) AND {}", columns,
                      fmt::join(ids, ","), condition);
      changed += run_again([&] { return session.execute(statement); });
      after = std::stoull(ids.back());
    }
  });
}

std::uint64_t MysqlNoticeDesk::retry(const DeliveryFilter& filter) {
  return update(filter,
                "state = 'queued', attempts = 0, next_attempt_at = NOW(6), ended_at = NULL, "
                "useful_until = NULL, reported = '', report = '', reported_at = NULL",
                "state IN ('held', 'dead') AND erased_at IS NULL");
}

std::uint64_t MysqlNoticeDesk::discard(const DeliveryFilter& filter, const std::string& reason) {
  std::string columns;
  reaching(session_, [&](Session& session) {
    columns = fmt::format(
        "state = 'discarded', next_attempt_at = NULL, ended_at = NOW(6), outcome = LEFT({}, 255)",
        session.escape("by an operator: " + reason));
  });
  return update(filter, columns, "state IN ('queued', 'retrying', 'held', 'dead')");
}

std::vector<ChannelRow> MysqlNoticeDesk::channels() {
  return reaching(session_,
                  [&](Session& session) { return read_channels(session, counted_deliveries_max); });
}

bool MysqlNoticeDesk::set_paused(const std::string& channel, bool paused) {
  return reaching(session_, [&](Session& session) {
    const std::string name = session.escape(channel);
    session.execute(
        fmt::format("INSERT IGNORE INTO channel (name, since) VALUES ({}, NOW(6))", name));
    return session.execute(fmt::format(
               "UPDATE channel SET paused_at = {} WHERE name = {} AND paused_at IS {} NULL",
               paused ? "NOW(6)" : "NULL", name, paused ? "" : "NOT")) > 0;
  });
}

std::uint64_t MysqlNoticeDesk::add_test(const TestMessage& message) {
  return reaching(session_, [&](Session& session) {
    std::random_device device;
    const std::string key = fmt::format("test/{:08x}{:08x}{:08x}{:08x}/{}", device(), device(),
                                        device(), device(), message.channel);
    session.execute(fmt::format(
        "INSERT INTO outbox (idempotency_key, channel, account_name, recipient, language, kind, "
        "subject, body, html, facts, state, attempts, next_attempt_at, claim_token, outcome, "
        "created_at, occurred_at) VALUES ({}, {}, {}, {}, {}, 'test', {}, {}, {}, '{{}}', "
        "'queued', "
        "0, NOW(6), '', '', NOW(6), NOW(6))",
        session.escape(key), session.escape(message.channel), session.escape(message.account),
        session.escape(message.recipient), session.escape(message.language),
        session.escape(message.subject), session.escape(message.body),
        session.escape(message.html)));
    return static_cast<std::uint64_t>(to_int(std::optional<std::string_view>(
        *session
             .query(fmt::format("SELECT delivery_id FROM outbox WHERE idempotency_key = {}",
                                session.escape(key)))
             .at(0)
             .at(0))));
  });
}

}  // namespace packwarden
