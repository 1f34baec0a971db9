#pragma once

#include <mutex>

#include "store/session.h"
#include "usecases/outbox_port.h"

namespace packwarden {

// The outbox in MySQL, over a session of its own, which is opened when it is needed and again after
// it was lost. All members throw DatabaseError. Needs SELECT and UPDATE on outbox and
// INSERT on inbox_message.
//
// next_attempt_at is, for a delivery that is being sent, the end of its lease: one index serves
// claiming and releasing.
class MysqlOutboxStore final : public OutboxStore {
 public:
  explicit MysqlOutboxStore(DatabaseAddress address);

  std::vector<OutboxRow> claim(const ClaimRequest& request) override;
  std::uint64_t finish(const std::string& token,
                       std::span<const DeliveryOutcome> outcomes) override;
  std::uint64_t release_expired(const std::string& channel, UnknownOutcome policy,
                                std::uint32_t attempts_max) override;
  void store_inbox_messages(std::span<const InboxMessage> messages) override;

 private:
  Session& session();
  std::string due_ids(const ClaimRequest& request);
  std::vector<OutboxRow> claimed_rows(const std::string& quoted_token);

  Session session_;
};

// Over a session of its own, as above.
class MysqlDeliveryReports final : public DeliveryReports {
 public:
  explicit MysqlDeliveryReports(DatabaseAddress address);

  void record(const std::string& idempotency_key, ReportedState state,
              const std::string& detail) override;

 private:
  std::mutex mutex_;
  Session session_;
};

}  // namespace packwarden
