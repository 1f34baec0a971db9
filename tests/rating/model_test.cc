#include <gtest/gtest.h>

#include "rating/builders.h"

// The cases of the peers' own tests, and the rules about drawdown, against the record-by-record
// model.
namespace packwarden::testing {
namespace {

TEST(P3_Stacking, NoPackLeavesAllAsOverrun) {
  std::vector<PackState> packs;
  const auto entries = rate_by_record(tenant, packs, {}, {use(50)});
  EXPECT_EQ(sum_of(entries, Outcome::overrun), 50);
}

TEST(P3_Stacking, OnePackIsDrawnDown) {
  std::vector<PackState> packs = {PackBuilder(1, 100)};
  rate_by_record(tenant, packs, {}, {use(50)});
  EXPECT_EQ(left(packs, 1), 50);
}

TEST(P4_DrawdownOrder, SoonestExpiryGoesFirst) {
  auto packs =
      in_drawdown_order({PackBuilder(1, 100).until(2000), PackBuilder(2, 100).until(1000)});
  rate_by_record(tenant, packs, {}, {use(120)});
  EXPECT_EQ(left(packs, 2), 0);
  EXPECT_EQ(left(packs, 1), 80);
}

TEST(P4_DrawdownOrder, PriorityGoesBeforeExpiry) {
  auto packs = in_drawdown_order(
      {PackBuilder(1, 100).priority(2).until(1000), PackBuilder(2, 100).priority(1).until(2000)});
  rate_by_record(tenant, packs, {}, {use(120)});
  EXPECT_EQ(left(packs, 2), 0);
  EXPECT_EQ(left(packs, 1), 80);
}

TEST(P4_DrawdownOrder, EarliestPurchaseBreaksTies) {
  auto packs = in_drawdown_order({PackBuilder(2, 50), PackBuilder(1, 30)});
  rate_by_record(tenant, packs, {}, {use(60)});
  EXPECT_EQ(left(packs, 1), 0);
  EXPECT_EQ(left(packs, 2), 20);
}

TEST(P4_DrawdownOrder, OneRecordIsSplitOverFourPacks) {
  auto packs = in_drawdown_order({PackBuilder(1, 20).priority(1), PackBuilder(2, 25).priority(2),
                                  PackBuilder(3, 25).priority(2), PackBuilder(4, 30).priority(2)});
  rate_by_record(tenant, packs, {}, {use(80)});
  EXPECT_EQ(left(packs, 1), 0);
  EXPECT_EQ(left(packs, 2), 0);
  EXPECT_EQ(left(packs, 3), 0);
  EXPECT_EQ(left(packs, 4), 20);
}

TEST(P4_DrawdownOrder, OfManyPacksOnlyTheOneThatExpiresSoonestIsTouched) {
  std::vector<PackState> packs;
  for (std::uint32_t id = 1; id <= 100'000; ++id) {
    packs.push_back(PackBuilder(id, 100).until(id == 77'777 ? 1000 : 2000));
  }
  packs = in_drawdown_order(std::move(packs));
  rate_by_record(tenant, packs, {}, {use(99)});
  EXPECT_EQ(left(packs, 77'777), 1);
  for (const PackState& pack : packs) {
    ASSERT_EQ(pack.used, pack.id == PackId{77'777} ? 99 : 0);
  }
}

TEST(P5_Eligible, FromIsInclusiveAndExpiryExclusive) {
  std::vector<PackState> packs = {PackBuilder(1, 100).from(10).until(20)};
  const auto entries =
      rate_by_record(tenant, packs, {}, {use(1, 9), use(2, 10), use(4, 19), use(8, 20)});
  EXPECT_EQ(packs[0].used, 2 + 4);
  EXPECT_EQ(sum_of(entries, Outcome::overrun), 1 + 8);
}

TEST(P5_Eligible, ALateRecordDrawsFromAPackThatHasSinceExpired) {
  auto packs = in_drawdown_order(
      {PackBuilder(1, 100).from(0).until(100), PackBuilder(2, 100).from(50).until(500)});
  rate_by_record(tenant, packs, {}, {use(10, 400)});
  rate_by_record(tenant, packs, {}, {use(10, 99)});
  EXPECT_EQ(left(packs, 1), 90);
  EXPECT_EQ(left(packs, 2), 90);
}

TEST(P7_NewPack, DoesNotAbsorbWhatWasUsedBeforeItsPurchase) {
  std::vector<PackState> packs = {PackBuilder(1, 100).from(10)};
  const auto entries = rate_by_record(tenant, packs, {}, {use(60, 9)});
  EXPECT_EQ(left(packs, 1), 100);
  EXPECT_EQ(sum_of(entries, Outcome::overrun), 60);
}

TEST(B5_Order, EventTimeComesBeforeLine) {
  // The later record stands first in the file; the earlier one gets the last units.
  std::vector<PackState> packs = {PackBuilder(1, 10).until(100)};
  auto late = use(8, 50);
  late.used_by = AccountId{2};
  const auto entries = rate_by_record(tenant, packs, {}, {late, use(8, 40)});
  const LedgerEntry first_come{tenant, tenant, MeterId{1}, {}, Outcome::drawn, PackId{1}, 8};
  const LedgerEntry rest{tenant, AccountId{2}, MeterId{1}, {}, Outcome::drawn, PackId{1}, 2};
  EXPECT_NE(std::find(entries.begin(), entries.end(), first_come), entries.end());
  EXPECT_NE(std::find(entries.begin(), entries.end(), rest), entries.end());
}

TEST(B2_Billable, WhatIsNotBillableDrawsNothing) {
  std::vector<PackState> packs = {PackBuilder(1, 10)};
  auto record = use(5);
  record.billable = Billable::not_by_meter;
  const auto entries = rate_by_record(tenant, packs, {}, {record});
  EXPECT_EQ(packs[0].used, 0);
  EXPECT_EQ(sum_of(entries, Outcome::not_billable_meter), 5);
}

TEST(B3_Billable, WhatCameBeforeTheIntegrationDrawsNothing) {
  std::vector<PackState> packs = {PackBuilder(1, 10)};
  auto record = use(5);
  record.billable = Billable::not_by_integration;
  const auto entries = rate_by_record(tenant, packs, {}, {record});
  EXPECT_EQ(packs[0].used, 0);
  EXPECT_EQ(sum_of(entries, Outcome::not_billable_integration), 5);
}

TEST(P5_Eligible, TwoPacksOfTheYearEmptyOneAfterTheOther) {
  // Huawei's published example: A 10,000 units from 1 May, B 100,000 from 10 May, one year each; in
  // days.
  const auto fresh = [] {
    return in_drawdown_order(
        {PackBuilder(1, 10'000).from(1).until(366), PackBuilder(2, 100'000).from(10).until(375)});
  };
  auto packs = fresh();
  auto entries = rate_by_record(tenant, packs, {}, {use(10'000, 20), use(100'000, 21), use(7, 22)});
  EXPECT_EQ(left(packs, 1), 0);
  EXPECT_EQ(left(packs, 2), 0);
  EXPECT_EQ(sum_of(entries, Outcome::overrun), 7);

  packs = fresh();
  rate_by_record(tenant, packs, {}, {use(5, 366), use(5, 374)});
  EXPECT_EQ(left(packs, 1), 10'000);
  EXPECT_EQ(left(packs, 2), 99'990);
  entries = rate_by_record(tenant, packs, {}, {use(5, 375)});
  EXPECT_EQ(sum_of(entries, Outcome::overrun), 5);
}

}  // namespace
}  // namespace packwarden::testing
