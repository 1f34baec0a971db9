#include "store/delivery_reports.h"

#include <array>

#include "store/outbox_sql.h"

namespace packwarden {

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
