#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace packwarden {

// A delivery that was claimed. It carries all that a channel needs.
struct OutboxRow {
  std::uint64_t delivery_id = 0;
  std::string idempotency_key;
  std::string account_name;
  std::string recipient;
  std::string language;
  std::string subject;
  std::string body;
  std::uint32_t attempts = 0;  // with this one: 1 for the first
};

struct ClaimRequest {
  std::string channel;
  std::string token;  // unique for all time, up to 64 bytes
  std::uint32_t batch_max = 1;
  std::uint32_t lease_ms = 0;
  bool may_hold_rows = false;  // an earlier claim with this token ended in an exception
};

// Where a delivery goes after an attempt (N6).
enum class DeliveryState { sent, retrying, held, dead };

struct DeliveryOutcome {
  std::uint64_t delivery_id = 0;
  DeliveryState state = DeliveryState::held;
  std::string detail;  // provider's id, or the reason; at most 255 bytes of valid UTF-8
  std::uint32_t retry_after_ms = 0;  // with retrying
};

// What becomes of a delivery whose sender was lost in the middle (N6).
enum class UnknownOutcome { retry, hold };

struct InboxMessage {
  std::string idempotency_key;
  std::string account_name;
  std::string language;
  std::string subject;
  std::string body;
};

enum class InboxStored { stored, duplicate };

// The outbox as one channel sees it. Times are the database's. Each call is a transaction of its
// own; one that throws may or may not have been done, and may be made again with the same
// arguments. One thread at a time.
class OutboxStore {
 public:
  virtual ~OutboxStore() = default;

  // Takes up to batch_max due deliveries, the longest due first. They are marked as being sent
  // under the token until the lease ends, and this is committed when the call returns (N5: sent
  // outside of any transaction).
  virtual std::vector<OutboxRow> claim(const ClaimRequest& request) = 0;

  // Ends attempts that were claimed under `token`. Returns how many: those whose lease ended and
  // that somebody else has taken, or whose outcome is stored already, stay as they are.
  virtual std::uint64_t finish(const std::string& token,
                               std::span<const DeliveryOutcome> outcomes) = 0;

  // Deals with deliveries whose lease ended while they were being sent: nobody knows whether the
  // provider has them. They are retried now, held, or dead after `attempts_max` attempts. Returns
  // how many it dealt with; there may be more.
  virtual std::uint64_t release_expired(const std::string& channel, UnknownOutcome policy,
                                        std::uint32_t attempts_max) = 0;

  // Stores an in-site message, once per idempotency key.
  virtual InboxStored store_inbox_message(const InboxMessage& message) = 0;
};

}  // namespace packwarden
