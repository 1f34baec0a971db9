#pragma once

#include "store/session.h"
#include "usecases/outbox_port.h"

namespace packwarden {

// The outbox in MySQL, over a session of its own, which is opened when it is needed and again after
// it was lost. All members throw DatabaseError. Needs SELECT and UPDATE on outbox,
// INSERT and UPDATE on inbox_message, and SELECT, INSERT, UPDATE, DELETE on recipient_hour.
//
// next_attempt_at is, for a delivery that is being sent, the end of its lease, and claim_token is
// empty for all others: one index serves claiming and releasing.
class MysqlOutboxStore final : public OutboxStore {
 public:
  explicit MysqlOutboxStore(DatabaseAddress address);

  std::vector<OutboxRow> claim(const ClaimRequest& request) override;
  std::uint64_t finish(const std::string& token,
                       std::span<const DeliveryOutcome> outcomes) override;
  std::uint64_t release_expired(const std::string& channel, UnknownOutcome policy,
                                std::uint32_t unknown_attempts_max) override;
  void store_inbox_messages(std::span<const InboxMessage> messages) override;

 private:
  Session& session();
  struct Due {
    std::string ids;        // to be claimed
    std::string over_ids;   // no longer useful
    std::string quiet_ids;  // can wait until the quiet hours end
    bool empty() const { return ids.empty() && over_ids.empty() && quiet_ids.empty(); }
  };
  Due due(const ClaimRequest& request);
  void set_aside(const Due& due, std::uint64_t quiet_for_ms);
  // `claimed`: a condition.
  std::vector<OutboxRow> rows_that_are(const std::string& claimed);
  std::vector<OutboxRow> within_limit(const ClaimRequest& request, std::vector<OutboxRow> rows);

  Session session_;
};

}  // namespace packwarden
