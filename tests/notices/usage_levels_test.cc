#include "notices/usage_levels.h"

#include <gtest/gtest.h>

namespace packwarden {
namespace {

const std::vector<int> levels = {50, 70, 90, 95};

std::vector<Notice> after_using(PackState& pack, Units units) {
  pack.used += units;
  return tell_usage(AccountId{1}, ProductId{1}, pack, levels, NoticePolicy());
}

PackState pack_of(Units quota) {
  PackState pack;
  pack.id = PackId{1};
  pack.quota = quota;
  return pack;
}

TEST(N2_Levels, AreStrict) {
  PackState pack = pack_of(30);
  EXPECT_TRUE(after_using(pack, 15).empty());
  const auto notices = after_using(pack, 1);
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_EQ(notices[0].cause, 50);
}

TEST(N2_Levels, AreToldOnceEach) {
  PackState pack = pack_of(100);
  EXPECT_EQ(after_using(pack, 51).size(), 1U);
  EXPECT_TRUE(after_using(pack, 10).empty());
  EXPECT_EQ(after_using(pack, 10).size(), 1U);
}

TEST(N2_Levels, OnlyTheHighestOfAUnitGoesOut) {
  PackState pack = pack_of(1000);
  const auto notices = after_using(pack, 960);
  ASSERT_EQ(notices.size(), 4U);
  EXPECT_TRUE(notices[0].superseded);
  EXPECT_TRUE(notices[1].superseded);
  EXPECT_TRUE(notices[2].superseded);
  EXPECT_FALSE(notices[3].superseded);
  EXPECT_EQ(notices[3].cause, 95);
}

TEST(N2_Levels, BeingUsedUpCountsAsTheHighest) {
  PackState pack = pack_of(95);
  const auto notices = after_using(pack, 95);
  ASSERT_EQ(notices.size(), 5U);
  EXPECT_EQ(notices[4].kind, NoticeKind::pack_used_up);
  EXPECT_FALSE(notices[4].superseded);
  EXPECT_TRUE(notices[3].superseded);
}

TEST(N2_Levels, TheLastUnitTellsUsedUpOnce) {
  PackState pack = pack_of(100);
  EXPECT_EQ(after_using(pack, 96).back().cause, 95);
  const auto notices = after_using(pack, 4);
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_EQ(notices[0].kind, NoticeKind::pack_used_up);
  EXPECT_TRUE(after_using(pack, 0).empty());
}

TEST(N2_Levels, HoldForTheLargestQuota) {
  // used * 100 does not fit 64 bits.
  PackState pack = pack_of(9'000'000'000'000'000'000);
  EXPECT_TRUE(after_using(pack, 4'500'000'000'000'000'000).empty());
  EXPECT_EQ(after_using(pack, 1).size(), 1U);
}

TEST(N2_Levels, AKindThatIsOffTellsNothingAndSupersedesNothing) {
  NoticePolicy policy;
  policy.turn_off(NoticeKind::pack_used_up);
  PackState pack = pack_of(100);
  pack.used = 100;
  const auto notices = tell_usage(AccountId{1}, ProductId{1}, pack, levels, policy);
  ASSERT_EQ(notices.size(), 4U);
  EXPECT_EQ(notices[3].cause, 95);
  EXPECT_FALSE(notices[3].superseded);
  policy = NoticePolicy();
  policy.turn_off(NoticeKind::pack_usage);
  pack = pack_of(100);
  pack.used = 100;
  const auto used_up = tell_usage(AccountId{1}, ProductId{1}, pack, levels, policy);
  ASSERT_EQ(used_up.size(), 1U);
  EXPECT_EQ(used_up[0].kind, NoticeKind::pack_used_up);
}

TEST(N2_Levels, AreToldLaterWhereTheirKindWasOff) {
  NoticePolicy off;
  off.turn_off(NoticeKind::pack_usage);
  PackState pack = pack_of(100);
  pack.used = 60;
  EXPECT_TRUE(tell_usage(AccountId{1}, ProductId{1}, pack, levels, off).empty());
  const auto notices = after_using(pack, 1);
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_EQ(notices[0].cause, 50);
}

// S27: a void gave units back in between.
TEST(N2_Levels, OneThatWasCrossedWhileItsKindWasOffIsNotToldUnderAHigherOneThatWas) {
  NoticePolicy off;
  off.turn_off(NoticeKind::pack_usage);
  PackState pack = pack_of(100);
  pack.used = 100;
  const auto used_up = tell_usage(AccountId{1}, ProductId{1}, pack, levels, off);
  ASSERT_EQ(used_up.size(), 1U);
  EXPECT_EQ(used_up[0].kind, NoticeKind::pack_used_up);
  pack.used = 40;
  EXPECT_TRUE(after_using(pack, 20).empty());
  EXPECT_TRUE(after_using(pack, 39).empty());
  EXPECT_TRUE(after_using(pack, 1).empty());
}

TEST(N2_Stack, MeasuresWhatWasDrawnSinceTheLastPurchase) {
  PackState last = pack_of(100);
  const PackStack stack{160, 340};  // 60 were left of others
  const auto told = [&](Units drawn) {
    std::string text;
    for (const Notice& one :
         tell_stack_usage(AccountId{1}, ProductId{1}, last, stack, drawn, levels, NoticePolicy())) {
      text += std::string(name_of(one.kind)) + " " + std::to_string(one.cause) + " " +
              std::to_string(one.used) + (one.superseded ? " superseded; " : "; ");
    }
    return text;
  };
  EXPECT_EQ(told(80), "");
  EXPECT_EQ(told(81), "pack_usage 50 81; ");
  EXPECT_EQ(told(-5), "") << "a void gave units back";
  EXPECT_EQ(told(145), "pack_usage 70 145 superseded; pack_usage 90 145; ");
  EXPECT_EQ(told(160), "pack_usage 95 160 superseded; pack_used_up 100 160; ");
  EXPECT_EQ(told(170), "");
}

}  // namespace
}  // namespace packwarden
