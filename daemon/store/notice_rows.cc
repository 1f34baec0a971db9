#include "store/notice_rows.h"

#include <fmt/format.h>

#include "store/sql_text.h"

namespace packwarden {
namespace {

// By the clock of the database, which may not be the one that the ledger is written as of.
std::string instant_after(std::optional<Span> span) {
  if (!span) return "NULL";
  return fmt::format("UTC_TIMESTAMP(6) + INTERVAL {} MICROSECOND", span->nanos / 1'000);
}

std::string text_or_null(Session& session, const std::string& text) {
  return text.empty() ? "NULL" : session.escape(text);
}

}  // namespace

void write_notices(Session& session, Sequence sequence, std::span<const NoticeWrite> notices,
                   Instant now) {
  RowWriter rows(session,
                 "INSERT INTO notice (account_id, product_id, kind, pack_id, cause, state,"
                 " used_units, created_at, seq) VALUES");
  RowWriter outbox(
      session,
      "INSERT INTO outbox (idempotency_key, channel, account_name, recipient, "
      "language, kind, subject, body, html, facts, occurred_at, can_wait, useful_until,"
      " state, attempts, next_attempt_at, claim_token, outcome, created_at) VALUES");
  const std::string created_at = datetime_literal(now);
  for (const NoticeWrite& write : notices) {
    const Notice& notice = write.notice;
    const std::int64_t cause =
        is_told_per_transaction(notice.kind) ? static_cast<std::int64_t>(sequence) : notice.cause;
    rows.add(fmt::format("{},{},'{}',{},{},'{}',{},{},{}", value_of(notice.account),
                         value_of(notice.product), name_of(notice.kind), value_of(notice.pack),
                         cause, notice.superseded ? "superseded" : "due", notice.used, created_at,
                         sequence));
    for (const DeliveryWrite& delivery : write.deliveries) {
      // Of the medium: whatever a channel is called later, each has the notice once.
      const std::string key = fmt::format("{}/{}/{}/{}/{}/{}", name_of(notice.kind),
                                          value_of(notice.account), value_of(notice.product),
                                          value_of(notice.pack), cause, name_of(delivery.medium));
      outbox.add(fmt::format(
          "'{}','{}',{},{},'{}','{}',{},{},{},{},{},{},{},'queued',0,UTC_TIMESTAMP(6),'','',"
          "UTC_TIMESTAMP(6)",
          key, delivery.channel, session.escape(write.account_name),
          session.escape(delivery.recipient), delivery.language, name_of(notice.kind),
          session.escape(delivery.subject), session.escape(delivery.body),
          text_or_null(session, delivery.html), text_or_null(session, delivery.facts), created_at,
          delivery.can_wait ? 1 : 0, instant_after(delivery.useful_for)));
    }
  }
  rows.finish();
  outbox.finish();
}

}  // namespace packwarden
