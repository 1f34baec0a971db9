#include <gtest/gtest.h>

#include <map>
#include <random>

#include "rating/builders.h"

namespace packwarden::testing {
namespace {

std::vector<UseSum> summed(const std::vector<UseRecord>& records) {
  std::map<std::tuple<AccountId, MeterId, BusinessDay, Billable>, UseSum> sums;
  for (const UseRecord& r : records) {
    auto [at, fresh] =
        sums.try_emplace({r.used_by, r.meter, r.day, r.billable},
                         UseSum{r.used_by, r.meter, r.day, r.billable, r.time, r.time, 0});
    at->second.first = std::min(at->second.first, r.time);
    at->second.last = std::max(at->second.last, r.time);
    at->second.units += r.units;
  }
  std::vector<UseSum> out;
  for (const auto& [key, sum] : sums) out.push_back(sum);
  return out;
}

TEST(B5_Sums, GiveTheVerySameResultAsRecordByRecordWhereTheyAreUsed) {
  const auto seed = std::random_device{}();
  std::mt19937 random(seed);
  const auto pick = [&](int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random);
  };
  int by_sum = 0;
  int refused = 0;
  for (int round = 0; round < 60'000; ++round) {
    std::vector<PackState> packs;
    const int pack_count = pick(0, 4);
    for (int i = 1; i <= pack_count; ++i) {
      const int from = pick(-20, 120);
      packs.push_back(PackBuilder(static_cast<std::uint32_t>(i), pick(1, 60))
                          .priority(pick(0, 3) == 0 ? 1 : 0)
                          .from(from)
                          .until(from + pick(1, 150)));
    }
    packs = in_drawdown_order(std::move(packs));
    std::vector<UseRecord> records;
    const int record_count = pick(1, 12);
    const int users = pick(1, 2);
    const int integrated = pick(-60, 40);
    for (int i = 0; i < record_count; ++i) {
      UseRecord record = use(pick(1, 12), pick(0, 99));
      record.used_by = AccountId{static_cast<std::uint32_t>(pick(1, users))};
      record.meter = MeterId{static_cast<std::uint32_t>(pick(0, 9) == 0 ? 2 : 1)};
      record.billable = record.meter == MeterId{1} ? Billable::yes : Billable::not_by_meter;
      if (record.meter == MeterId{1} && record.time < Instant{integrated}) {
        record.billable = Billable::not_by_integration;
      }
      record.day = {static_cast<std::int32_t>(record.time.nanos / 25)};
      records.push_back(record);
    }
    // Postpaid is switched and suspended now and then.
    Toggle switched;
    Toggle suspended;
    for (int i = pick(0, 3); i > 0; --i) switched.turn(!switched.is_on(), Instant{pick(-20, 110)});
    for (int i = pick(0, 2); i > 0; --i) suspended.turn(!suspended.is_on(), Instant{pick(0, 110)});
    const PostpaidTimes postpaid{&switched, pick(0, 1) == 0 ? &suspended : nullptr,
                                 BusinessDay{pick(-1, 2)}};
    auto model_packs = packs;
    const auto expected = rate_by_record(tenant, model_packs, postpaid, records);
    auto fast_packs = packs;
    auto sums = summed(records);
    std::vector<LedgerEntry> entries = {LedgerEntry{}};  // what stood there before stays
    if (rate_by_sum(tenant, fast_packs, postpaid, sums, entries)) {
      ++by_sum;
      entries.erase(entries.begin());
      std::sort(entries.begin(), entries.end());
      ASSERT_EQ(entries, expected) << "seed " << seed << " round " << round;
      for (std::size_t i = 0; i < packs.size(); ++i)
        ASSERT_EQ(fast_packs[i].used, model_packs[i].used);
    } else {
      ++refused;
      ASSERT_EQ(entries.size(), 1U) << "seed " << seed;
      for (std::size_t i = 0; i < packs.size(); ++i) ASSERT_EQ(fast_packs[i].used, packs[i].used);
    }
  }
  EXPECT_GT(by_sum, 5'000);
  EXPECT_GT(refused, 5'000);
}

TEST(B5_Sums, ServeTheOrdinaryAccount) {
  // One pack that lasts for the whole file, two users, three days: never record by record.
  std::vector<PackState> packs = {PackBuilder(1, 1000)};
  auto sums = summed({use(10, 1), use(20, 30), use(30, 60)});
  std::vector<LedgerEntry> entries;
  EXPECT_TRUE(rate_by_sum(tenant, packs, {}, sums, entries));
  EXPECT_EQ(packs[0].used, 60);
}

TEST(B5_Sums, RefuseWhereAPackEndsBetweenTheRecordsOfASum) {
  auto packs = in_drawdown_order({PackBuilder(1, 1000).until(20), PackBuilder(2, 1000)});
  std::vector<UseSum> sums = {{tenant, MeterId{1}, {}, Billable::yes, Instant{10}, Instant{20}, 5}};
  std::vector<LedgerEntry> entries;
  EXPECT_FALSE(rate_by_sum(tenant, packs, {}, sums, entries));
  sums[0].last = Instant{19};
  EXPECT_TRUE(rate_by_sum(tenant, packs, {}, sums, entries));
}

TEST(B5_Halves, TwoRunsInOrderOfEventTimeEqualOne) {
  const auto seed = std::random_device{}();
  std::mt19937 random(seed);
  const auto pick = [&](int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random);
  };
  for (int round = 0; round < 2'000; ++round) {
    auto packs = in_drawdown_order(
        {PackBuilder(1, pick(1, 50)).until(pick(1, 100)), PackBuilder(2, pick(1, 50))});
    std::vector<UseRecord> all;
    for (int at = 0; at < 40; ++at) all.push_back(use(pick(1, 5), at * 2));
    auto once = packs;
    rate_by_record(tenant, once, {}, all);
    const auto half = all.begin() + pick(0, 40);
    rate_by_record(tenant, packs, {}, {all.begin(), half});
    rate_by_record(tenant, packs, {}, {half, all.end()});
    for (std::size_t i = 0; i < packs.size(); ++i)
      ASSERT_EQ(packs[i].used, once[i].used) << "seed " << seed;
  }
}

}  // namespace
}  // namespace packwarden::testing
