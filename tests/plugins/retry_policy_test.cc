#include "channel/retry_policy.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace packwarden {
namespace {

using Outcome = DeliveryReport::Outcome;

OutboxRow after_attempts(std::uint32_t attempts) {
  OutboxRow row;
  row.attempts = attempts;
  return row;
}

TEST(RetryPolicy, N6_BackOffDoublesUpToItsMaximumAndIsSpreadOverItsUpperHalf) {
  ChannelPolicy policy;
  policy.retry_min_ms = 1'000;
  policy.retry_max_ms = 10'000;
  policy.attempts_max = 100;
  struct Row {
    std::uint32_t attempts;
    std::uint32_t pause_max_ms;
  };
  for (const auto& [attempts, pause_max_ms] : {Row{1, 1'000}, Row{2, 2'000}, Row{4, 8'000},
                                               Row{5, 10'000}, Row{40, 10'000}, Row{99, 10'000}}) {
    std::uint32_t least = pause_max_ms;
    std::uint32_t most = 0;
    for (std::uint64_t random = 0; random < 20'000; ++random) {
      const auto outcome =
          decide_outcome(after_attempts(attempts), {Outcome::retry, 0, ""}, policy, random);
      EXPECT_EQ(outcome.state, DeliveryState::retrying);
      least = std::min(least, outcome.retry_after_ms);
      most = std::max(most, outcome.retry_after_ms);
    }
    EXPECT_EQ(most, pause_max_ms) << attempts;
    EXPECT_EQ(least, pause_max_ms / 2) << attempts;
  }
}

TEST(RetryPolicy, N6_KeepsTheProvidersTimeUpToADay) {
  const ChannelPolicy policy;
  const auto asked = [&](std::uint32_t ms, std::uint64_t random) {
    return decide_outcome(after_attempts(1), {Outcome::retry, ms, ""}, policy, random)
        .retry_after_ms;
  };
  EXPECT_EQ(asked(8'000, 0), 8'000u);
  EXPECT_EQ(asked(8'000, 1'000), 9'000u);
  EXPECT_EQ(asked(4'000'000'000, 0), 86'400'000u);
}

TEST(RetryPolicy, N6_IsDeadWhenAttemptsAreUsedUp) {
  ChannelPolicy policy;
  policy.attempts_max = 3;
  const DeliveryReport busy{Outcome::retry, 0, "busy"};
  EXPECT_EQ(decide_outcome(after_attempts(2), busy, policy, 0).state, DeliveryState::retrying);
  const auto last = decide_outcome(after_attempts(3), busy, policy, 0);
  EXPECT_EQ(last.state, DeliveryState::dead);
  EXPECT_EQ(last.detail, "attempts are used up: busy");
}

TEST(RetryPolicy, N6_UnknownIsHeldOrRetriedAsSetForTheChannel) {
  ChannelPolicy policy;
  const DeliveryReport unknown{Outcome::unknown, 0, "cut off"};
  policy.on_unknown = UnknownOutcome::hold;
  EXPECT_EQ(decide_outcome(after_attempts(1), unknown, policy, 0).state, DeliveryState::held);
  policy.on_unknown = UnknownOutcome::retry;
  EXPECT_EQ(decide_outcome(after_attempts(1), unknown, policy, 0).state, DeliveryState::retrying);
  EXPECT_EQ(decide_outcome(after_attempts(4), unknown, policy, 0).state, DeliveryState::retrying);
  EXPECT_EQ(decide_outcome(after_attempts(5), unknown, policy, 0).state, DeliveryState::held);
}

TEST(RetryPolicy, N6_AcceptedIsSentAndRejectedIsDead) {
  const ChannelPolicy policy;
  EXPECT_EQ(decide_outcome(after_attempts(1), {Outcome::accepted, 0, "id"}, policy, 0).state,
            DeliveryState::sent);
  EXPECT_EQ(decide_outcome(after_attempts(1), {Outcome::rejected, 0, "no"}, policy, 0).state,
            DeliveryState::dead);
}

}  // namespace
}  // namespace packwarden
