#include "domain/pack_condition.h"

#include <gtest/gtest.h>

namespace packwarden {
namespace {

constexpr Instant effective = Instant::from_micros(1'000'000);
constexpr Instant expires = Instant::from_micros(9'000'000);

std::string condition(Units left, std::int64_t at_s, std::optional<RefundStep> step = {}) {
  return std::string(name_of(
      condition_of(left, effective, expires, step, Instant::from_micros(at_s * 1'000'000))));
}

TEST(PackCondition, P5_from_effective_inclusive_to_expires_exclusive) {
  EXPECT_EQ(condition(5, 0), "not_yet");
  EXPECT_EQ(condition(5, 1), "usable");
  EXPECT_EQ(condition(5, 8), "usable");
  EXPECT_EQ(condition(5, 9), "expired");
  EXPECT_EQ(condition(0, 9), "expired");
  EXPECT_EQ(condition(0, 1), "used_up");
}
TEST(PackCondition, P8_a_refund_freezes_from_its_request_on_and_a_rejection_thaws) {
  EXPECT_EQ(condition(5, 1, RefundStep::requested), "frozen");
  EXPECT_EQ(condition(5, 1, RefundStep::approved), "frozen");
  EXPECT_EQ(condition(5, 1, RefundStep::ordered), "frozen");
  EXPECT_EQ(condition(5, 1, RefundStep::completed), "refunded");
  EXPECT_EQ(condition(5, 9, RefundStep::completed), "refunded");
  EXPECT_EQ(condition(5, 1, RefundStep::rejected), "usable");
}

}  // namespace
}  // namespace packwarden
