#include "store/notice_rows.h"

#include <fmt/format.h>

#include "store/sql_text.h"

namespace packwarden {

void write_notices(Session& session, Sequence sequence, std::span<const NoticeWrite> notices,
                   Instant now) {
  RowWriter rows(session,
                 "INSERT INTO notice (account_id, product_id, kind, pack_id, cause, state,"
                 " used_units, created_at, seq) VALUES");
  RowWriter outbox(session,
                   "INSERT INTO outbox (idempotency_key, channel, account_name, recipient, "
                   "language, subject, body,"
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
    if (notice.superseded) continue;
    const std::string key =
        fmt::format("{}/{}/{}/{}/{}/inbox", name_of(notice.kind), value_of(notice.account),
                    value_of(notice.product), value_of(notice.pack), cause);
    outbox.add(fmt::format(
        "'{}','inbox',{},{},{},{},{},'queued',0,UTC_TIMESTAMP(6),'','',UTC_TIMESTAMP(6)", key,
        session.escape(write.account_name), session.escape(write.account_name),
        session.escape(write.language), session.escape(write.subject), session.escape(write.body)));
  }
  rows.finish();
  outbox.finish();
}

}  // namespace packwarden
