#include "notices/usage_levels.h"

#include <gtest/gtest.h>

#include "notices/texts.h"

namespace packwarden {
namespace {

const std::vector<int> levels = {50, 70, 90, 95};

std::vector<Notice> after_using(PackState& pack, Units units) {
  pack.used += units;
  return tell_usage(AccountId{1}, ProductId{1}, pack, levels);
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
  EXPECT_TRUE(tell_usage(AccountId{1}, ProductId{1}, pack, levels).empty());
}

TEST(N2_Levels, HoldForTheLargestQuota) {
  // used * 100 does not fit 64 bits.
  PackState pack = pack_of(9'000'000'000'000'000'000);
  EXPECT_TRUE(after_using(pack, 4'500'000'000'000'000'000).empty());
  EXPECT_EQ(after_using(pack, 1).size(), 1U);
}

TEST(N4_Texts, SpeakTheLanguageOfTheAccount) {
  const Notice notice{AccountId{1}, ProductId{1}, PackId{1}, NoticeKind::pack_usage,
                      70,           false,        21'001};
  const NoticeFacts facts{.account = "acme",
                          .product = "captcha",
                          .tier = "30k",
                          .quota = 30'000,
                          .used = 21'001,
                          .expires_on = "2027-11-22"};
  EXPECT_EQ(render(notice, facts, "en").body,
            "Account acme has used 21001 of 30000 units of its captcha pack 30k. 8999 units are "
            "left, valid until "
            "2027-11-22.");
  EXPECT_EQ(render(notice, facts, "zh-CN").subject, "套餐包用量超过 70%：captcha 30k");
}

TEST(N4_Texts, OfEachKindStandInBothLanguagesAndSayWhoAndWhat) {
  NoticeFacts facts{.account = "acme", .product = "captcha", .tier = "30k", .quota = 30'000};
  facts.expires_on = "2027-11-22";
  facts.reason = "arrears";
  facts.day = "2026-11-24";
  facts.amount = "1.5";
  facts.balance = "-0.5";
  facts.currency = "CNY";
  for (std::size_t kind = 0; kind < notice_kind_count; ++kind) {
    Notice notice;
    notice.kind = static_cast<NoticeKind>(kind);
    const NoticeText en = render(notice, facts, "en");
    const NoticeText zh = render(notice, facts, "zh-CN");
    for (const NoticeText& text : {en, zh}) {
      EXPECT_NE(text.body.find("acme"), std::string::npos) << name_of(notice.kind);
      EXPECT_LE(text.subject.size(), 255U) << name_of(notice.kind);
    }
    EXPECT_NE(en.subject, zh.subject) << name_of(notice.kind);
  }
}

}  // namespace
}  // namespace packwarden
