#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "usecases/outbox_port.h"

namespace packwarden {

// How one channel is run. The composition root fills it in from the channel's settings.
struct ChannelPolicy {
  std::string channel;
  std::uint32_t batch_max = 100;
  std::uint32_t poll_interval_ms = 500;
  std::uint32_t send_timeout_ms = 10'000;
  std::uint32_t lease_ms = 60'000;  // longer than send_timeout_ms by kLeaseReserveMs or more
  std::uint32_t retry_min_ms = 1'000;
  std::uint32_t retry_max_ms = 300'000;
  std::uint32_t attempts_max = 1'000;
  std::uint32_t rate_max_per_s = 0;  // N7; 0: no limit, as for the next
  std::uint32_t recipient_max_per_hour = 0;
  // N7: how long the quiet hours still last; 0 outside of them. Null: there are none.
  std::function<std::uint64_t()> quiet_for_ms{};
  UnknownOutcome on_unknown =
      UnknownOutcome::hold;  // the in-site channel: retry, as a key is stored once
  // With retry: one that is unknown after so many attempts is held, or it might arrive as often.
  std::uint32_t unknown_attempts_max = 5;
};

// What a lease has left, after a send that took all its time, to store the outcome.
constexpr std::uint32_t kLeaseReserveMs = 5'000;

// What a plugin said about one message, checked and cleaned.
struct DeliveryReport {
  enum class Outcome { unknown, accepted, rejected, retry, hold };

  Outcome outcome = Outcome::unknown;
  std::uint32_t retry_after_ms = 0;  // with retry; 0: the policy's back-off
  std::string detail;
};

// Where the delivery goes after its attempt number `attempts` (N6). `random` is any 64-bit number:
// it spreads the back-off, retry_min_ms doubled with each attempt up to retry_max_ms, over its
// upper half. A provider's own time is kept, up to a day. Pure; thread-safe.
DeliveryOutcome decide_outcome(const OutboxRow& row, const DeliveryReport& report,
                               const ChannelPolicy& policy, std::uint64_t random);

}  // namespace packwarden
