#include "channel/retry_policy.h"

#include <algorithm>

namespace packwarden {
namespace {

constexpr std::uint32_t kRetryAfterMaxMs = 86'400'000;

// The upper half of the doubled pause; of a provider's own time, up to an eighth more.
std::uint32_t pause_ms(std::uint32_t attempts, std::uint32_t asked_ms, const ChannelPolicy& policy,
                       std::uint64_t random) {
  if (asked_ms > 0) {
    const std::uint32_t kept = std::min(asked_ms, kRetryAfterMaxMs);
    return kept + static_cast<std::uint32_t>(random % (kept / 8 + 1));
  }
  const std::uint32_t doublings = std::min(attempts > 0 ? attempts - 1 : 0, 31U);
  const std::uint64_t full = std::clamp<std::uint64_t>(
      std::uint64_t{policy.retry_min_ms} << doublings, 1, std::max(policy.retry_max_ms, 1U));
  return static_cast<std::uint32_t>(full - random % (full / 2 + 1));
}

}  // namespace

DeliveryOutcome decide_outcome(const OutboxRow& row, const DeliveryReport& report,
                               const ChannelPolicy& policy, std::uint64_t random) {
  DeliveryOutcome outcome{row.delivery_id, DeliveryState::held, report.detail, 0};
  switch (report.outcome) {
    case DeliveryReport::Outcome::accepted:
      outcome.state = DeliveryState::sent;
      return outcome;
    case DeliveryReport::Outcome::rejected:
      outcome.state = DeliveryState::dead;
      return outcome;
    case DeliveryReport::Outcome::hold:
      return outcome;
    case DeliveryReport::Outcome::unknown:
      outcome.detail = "unknown: " + report.detail;
      if (policy.on_unknown == UnknownOutcome::hold ||
          row.attempts >= policy.unknown_attempts_max) {
        return outcome;
      }
      break;
    case DeliveryReport::Outcome::retry:
      break;
  }
  if (row.attempts >= policy.attempts_max) {
    outcome.state = DeliveryState::dead;
    outcome.detail = "attempts are used up: " + outcome.detail;
    return outcome;
  }
  outcome.state = DeliveryState::retrying;
  outcome.retry_after_ms = pause_ms(row.attempts, report.retry_after_ms, policy, random);
  return outcome;
}

}  // namespace packwarden
