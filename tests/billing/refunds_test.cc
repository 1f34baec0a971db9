#include "billing/refunds.h"

#include <gtest/gtest.h>

namespace packwarden {
namespace {

constexpr Instant bought = Instant::from_micros(1'795'176'000'000'000);

Pack pack() {
  Pack pack;
  pack.id = PackId{7};
  pack.account = AccountId{3};
  pack.tier = "30k";
  pack.quota = 30'000;
  pack.price_micros = 300'000'000;
  pack.purchased_at = bought;
  pack.refund_window_days = 5;
  return pack;
}

std::string refusal(RefundStep step, const Pack& of, Units used = 0,
                    std::optional<RefundStep> last = {}, Instant now = bought) {
  const auto may = may_take(step, of, used, last, now);
  return may ? "" : may.error().code;
}

TEST(Refunds, P8_a_pack_is_refundable_for_five_days_of_24_hours) {
  const Instant end = bought + Span::days(5);
  EXPECT_EQ(refusal(RefundStep::requested, pack(), 0, {}, end - Span{1}), "");
  EXPECT_EQ(refusal(RefundStep::requested, pack(), 0, {}, end), "refund_over");
}

TEST(Refunds, P8_only_while_nothing_is_drawn_net_of_voids) {
  EXPECT_EQ(refusal(RefundStep::requested, pack(), 1), "pack_used");
  EXPECT_EQ(refusal(RefundStep::requested, pack(), 0), "");
}

TEST(Refunds, P8_never_a_trial) {
  Pack trial = pack();
  trial.is_trial = true;
  EXPECT_EQ(refusal(RefundStep::requested, trial), "trial_not_refundable");
}

TEST(Refunds, P8_steps_follow_each_other_and_nothing_else) {
  using Step = RefundStep;
  EXPECT_EQ(refusal(Step::approved, pack(), 0, {}), "no_such_step");
  EXPECT_EQ(refusal(Step::approved, pack(), 0, Step::requested), "");
  EXPECT_EQ(refusal(Step::rejected, pack(), 0, Step::requested), "");
  EXPECT_EQ(refusal(Step::rejected, pack(), 0, Step::approved), "no_such_step");
  EXPECT_EQ(refusal(Step::ordered, pack(), 0, Step::requested), "no_such_step");
  EXPECT_EQ(refusal(Step::ordered, pack(), 0, Step::approved), "");
  EXPECT_EQ(refusal(Step::completed, pack(), 0, Step::approved), "no_such_step");
  EXPECT_EQ(refusal(Step::completed, pack(), 0, Step::ordered), "");
  EXPECT_EQ(refusal(Step::requested, pack(), 0, Step::requested), "refund_open");
  EXPECT_EQ(refusal(Step::requested, pack(), 0, Step::rejected), "") << "it may be asked again";
  EXPECT_EQ(refusal(Step::requested, pack(), 0, Step::completed), "refunded");
}

TEST(Refunds, P8_the_price_comes_back_from_sales) {
  const auto journal = refund_of(pack(), bought);
  ASSERT_TRUE(journal);
  EXPECT_EQ(journal->amount_micros, 300'000'000);
  EXPECT_EQ(contra_book_of(journal->kind), ContraBook::sales);
}

}  // namespace
}  // namespace packwarden
