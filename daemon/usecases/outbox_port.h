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
  std::string kind;  // name_of(NoticeKind), or test
  std::string subject;
  std::string body;
  std::string html;            // empty where the channel has none
  std::string facts;           // JSON object
  std::string occurred_at;     // RFC 3339
  std::uint32_t attempts = 0;  // with this one: 1 for the first
};

struct ClaimRequest {
  std::string channel;
  std::string token;  // unique for all time, up to 64 bytes
  std::uint32_t batch_max = 1;
  std::uint32_t lease_ms = 0;
  bool may_hold_rows = false;      // an earlier claim with this token ended in an exception
  std::uint64_t quiet_for_ms = 0;  // N7: what can wait does so for so long; 0: nothing
  std::uint32_t recipient_max_per_hour = 0;  // N7; 0: no limit
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
  std::string kind;
  std::string subject;
  std::string body;
};

// What a provider says of a message that it accepted. Numbered as in the plugins' interface.
enum class ReportedState { pending, delivered, failed };

// Where the reports of providers go.
class DeliveryReports {
 public:
  virtual ~DeliveryReports() = default;

  // Keeps the latest report of the delivery with this key. Delivered ends one whose outcome is
  // unknown as sent; failed ends it as dead, and one that was sent too. A report that comes before
  // the outcome of its attempt is stored counts when that is. Unknown keys are let go. `detail`: at
  // most 255 bytes of valid UTF-8. Thread-safe; may throw, and may then be made again.
  virtual void record(const std::string& idempotency_key, ReportedState state,
                      const std::string& detail) = 0;
};

// The outbox as one channel sees it. Times are the database's. Each call is a transaction of its
// own; one that throws may or may not have been done, and may be made again with the same
// arguments. One thread at a time.
class OutboxStore {
 public:
  virtual ~OutboxStore() = default;

  // Takes up to batch_max due deliveries, the longest due first. They are marked as being sent
  // under the token until the lease ends, and this is committed when the call returns (N5: sent
  // outside of any transaction). What is no longer useful ends as expired (N6); what can wait in
  // quiet hours, or is too much for its recipient in this hour, waits (N7).
  virtual std::vector<OutboxRow> claim(const ClaimRequest& request) = 0;

  // Ends attempts that were claimed under `token`. Returns how many: those whose lease ended and
  // that somebody else has taken, or whose outcome is stored already, stay as they are.
  virtual std::uint64_t finish(const std::string& token,
                               std::span<const DeliveryOutcome> outcomes) = 0;

  // Deals with deliveries whose lease ended while they were being sent: nobody knows whether the
  // provider has them. They are retried now, or held: by the policy, and after so many attempts.
  // Returns how many it dealt with; there may be more.
  virtual std::uint64_t release_expired(const std::string& channel, UnknownOutcome policy,
                                        std::uint32_t unknown_attempts_max) = 0;

  // Stores in-site messages, once per idempotency key, all or none.
  virtual void store_inbox_messages(std::span<const InboxMessage> messages) = 0;
};

}  // namespace packwarden
