#include "store/notice_rows.h"

#include <fmt/format.h>

#include <deque>

#include "store/sql_text.h"

namespace packwarden {
namespace {

SqlValue micros_or_null(std::optional<Span> span) {
  return span ? SqlValue(span->nanos / 1'000) : nullptr;
}

SqlValue text_or_null(const std::string& text) {
  return text.empty() ? nullptr : SqlValue(std::string_view(text));
}

std::int64_t cause_of(const Notice& notice, Sequence sequence) {
  return is_told_per_transaction(notice.kind) ? static_cast<std::int64_t>(sequence) : notice.cause;
}

// Of the medium: whatever a channel is called later, each has the notice once.
std::string idempotency_key(const Notice& notice, Sequence sequence, Medium medium) {
  return fmt::format("{}/{}/{}/{}/{}/{}", name_of(notice.kind), value_of(notice.account),
                     value_of(notice.product), value_of(notice.pack), cause_of(notice, sequence),
                     name_of(medium));
}

void write_told_levels(Session& session, Sequence sequence, std::span<const NoticeWrite> notices) {
  std::vector<SqlValue> values;
  for (const NoticeWrite& write : notices) {
    const Notice& notice = write.notice;
    if (notice.kind != NoticeKind::pack_usage && notice.kind != NoticeKind::pack_used_up) continue;
    values.insert(values.end(), {std::uint64_t{value_of(notice.pack)}, std::int64_t{notice.cause}});
  }
  session.insert_rows("INSERT INTO told_level (pack_id, level_percent, seq) VALUES",
                      fmt::format("(?,?,{})", sequence), values);
}

void write_deliveries(Session& session, Sequence sequence, std::span<const NoticeWrite> notices,
                      const std::string& occurred_at) {
  std::deque<std::string> keys;  // what the values point to must stay where it is
  std::vector<SqlValue> values;
  for (const NoticeWrite& write : notices) {
    for (const DeliveryWrite& delivery : write.deliveries) {
      keys.push_back(idempotency_key(write.notice, sequence, delivery.medium));
      values.insert(
          values.end(),
          {std::string_view(keys.back()), std::string_view(delivery.channel),
           std::string_view(write.account_name), std::string_view(delivery.recipient),
           std::string_view(delivery.language), std::string_view(name_of(write.notice.kind)),
           std::string_view(delivery.subject), std::string_view(delivery.body),
           text_or_null(delivery.html), text_or_null(delivery.facts),
           std::int64_t{delivery.can_wait}, micros_or_null(delivery.useful_for)});
    }
  }
  // Usefulness by the clock of the database, which may not be the one that the ledger is written as
  // of.
  session.insert_rows(
      "INSERT INTO outbox (idempotency_key, channel, account_name, recipient, language, kind,"
      " subject, body, html, facts, can_wait, useful_until, occurred_at, state, attempts,"
      " next_attempt_at, claim_token, outcome, created_at) VALUES",
      fmt::format("(?,?,?,?,?,?,?,?,?,?,?,UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND,{},'queued',0,"
                  "UTC_TIMESTAMP(6),'','',UTC_TIMESTAMP(6))",
                  occurred_at),
      values);
}

}  // namespace

void write_notices(Session& session, Sequence sequence, std::span<const NoticeWrite> notices,
                   Instant now) {
  const std::string created_at = datetime_literal(now);
  std::vector<SqlValue> values;
  values.reserve(notices.size() * 7);
  for (const NoticeWrite& write : notices) {
    const Notice& notice = write.notice;
    values.insert(values.end(),
                  {std::uint64_t{value_of(notice.account)}, std::uint64_t{value_of(notice.product)},
                   std::string_view(name_of(notice.kind)), std::uint64_t{value_of(notice.pack)},
                   cause_of(notice, sequence),
                   std::string_view(notice.superseded ? "superseded" : "due"), notice.used});
  }
  session.insert_rows(
      "INSERT INTO notice (account_id, product_id, kind, pack_id, cause, state, used_units,"
      " created_at, seq) VALUES",
      fmt::format("(?,?,?,?,?,?,?,{},{})", created_at, sequence), values);
  write_told_levels(session, sequence, notices);
  write_deliveries(session, sequence, notices, created_at);
}

void write_off_kinds(Session& session, Sequence sequence, std::span<const NoticeKind> kinds) {
  RowWriter rows(session, "INSERT IGNORE INTO notice_off (seq, kind) VALUES");
  for (const NoticeKind kind : kinds) rows.add(fmt::format("{},'{}'", sequence, name_of(kind)));
  rows.finish();
}

}  // namespace packwarden
