#include "usecases/batch_decision.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "domain/whole_second.h"
#include "rating/builders.h"

// Deciding a batch, beside a model that goes record by record through a plain map of ids. No
// database.
namespace packwarden::testing {
namespace {

constexpr ProductId product{1};

// A record as the tests speak of it; equal `id` with equal other fields is the same record.
struct Record {
  std::uint32_t id = 0;
  std::uint32_t account = 1;  // 1 and 2 are main accounts, 3 is a sub-account of 1
  std::int64_t at = 0;
  Units units = 1;
  bool billable = true;
  ProductId of = product;
};

AccountId main_of(std::uint32_t account) {
  return AccountId{account == 3 ? 1 : account};
}
MeterId meter_of(const Record& r) {
  return MeterId{r.of != product ? 3U : r.billable ? 1U : 2U};
}
BusinessDay day_of(const Record& r) {
  return {static_cast<std::int32_t>(r.at / 25)};
}

std::uint32_t content_of(const Record& r) {
  return r.account + 10 * static_cast<std::uint32_t>(r.at) +
         10'000 * static_cast<std::uint32_t>(r.units) + (r.billable ? 0 : 5);
}

class DecisionWorld {
 public:
  DecisionWorld() {
    catalogue_.products.push_back({.id = product, .name = "captcha", .requires_integration = true});
    catalogue_.products.push_back({.id = ProductId{2}, .name = "sms"});
    Changes changes;
    changes.accounts = {{AccountId{1}, {}, "acme"},
                        {AccountId{2}, {}, "zeta"},
                        {AccountId{3}, AccountId{1}, "acme-shop"}};
    changes.facts = {{AccountId{1}, AccountFactKind::client_integrated, Instant::earliest()},
                     {AccountId{1}, AccountFactKind::server_integrated, Instant::earliest()}};
    books.take_over(std::move(changes));
    context.catalogue = &catalogue_;
    context.calendar = &calendar_;
    context.notices = &notices_;
  }

  // Overage of the product costs so much.
  void price(ProductId of, MoneyMicros micros) {
    for (Product& one : catalogue_.products) {
      if (one.id == of) one.postpaid_prices = {{beginning_of_days, micros}};
    }
  }

  // Postpaid charges what no pack of the account covers, always.
  void postpaid(AccountId account, ProductId of) {
    Changes changes;
    changes.postpaid = {{account, of, PostpaidStep::on, Instant::earliest()}};
    books.take_over(std::move(changes));
  }

  // What the ledger holds as open, by account; the books only know a bound.
  std::map<AccountId, std::vector<OpenRow>> open;
  int open_reads = 0;  // accounts that were asked for
  OpenRowsOf open_rows() {
    return [this](std::span<const AccountId> accounts) {
      std::vector<OpenRow> rows;
      for (const AccountId account : accounts) {
        ++open_reads;
        const auto& its = open[account];
        rows.insert(rows.end(), its.begin(), its.end());
      }
      return rows;
    };
  }

  void pack(std::uint32_t id, AccountId account, Units quota, std::int64_t from,
            std::int64_t until) {
    Pack pack;
    pack.id = PackId{id};
    pack.account = account;
    pack.product = product;
    pack.quota = quota;
    pack.purchased_at = Instant{id};
    pack.effective_from = Instant{from};
    pack.expires_at = Instant{until};
    pack.notice_levels = {50, 90};
    Changes changes;
    changes.packs = {pack};
    books.take_over(std::move(changes));
  }

  void integrate(AccountId account, std::int64_t client_at, std::int64_t server_at) {
    Changes changes;
    changes.facts = {{account, AccountFactKind::client_integrated, Instant{client_at}},
                     {account, AccountFactKind::server_integrated, Instant{server_at}}};
    books.take_over(std::move(changes));
  }

  Batch batch(const std::vector<std::vector<Record>>& units) const {
    Batch out;
    out.directory = books_directory();
    auto file = std::make_shared<FileInWork>();
    std::uint32_t unit_no = 0;
    for (const auto& records : units) {
      auto unit = std::make_unique<DecodedUnit>();
      unit->unit_no = unit_no++;
      unit->data_lines = static_cast<std::int64_t>(records.size());
      for (const Record& r : records) add(*unit, r);
      unit->group_order.resize(unit->use_groups.size());
      for (std::uint32_t g = 0; g < unit->group_order.size(); ++g) unit->group_order[g] = g;
      std::sort(unit->group_order.begin(), unit->group_order.end(),
                [&](auto a, auto b) { return unit->use_groups[a] < unit->use_groups[b]; });
      out.items.push_back({file, std::move(unit), ""});
    }
    return out;
  }

  std::vector<PackState> packs(AccountId account) {
    const auto held = books.packs_of(account, product);
    return {held.begin(), held.end()};
  }

  Books books;
  DecideContext context;

 private:
  std::shared_ptr<const AccountDirectory> books_directory() const { return books.directory(); }

  static void add(DecodedUnit& unit, const Record& r) {
    const UseGroup group{main_of(r.account), r.of,      AccountId{r.account},
                         meter_of(r),        day_of(r), r.billable};
    auto found = std::find(unit.use_groups.begin(), unit.use_groups.end(), group);
    if (found == unit.use_groups.end()) found = unit.use_groups.insert(found, group);
    unit.groups.push_back(static_cast<std::uint32_t>(found - unit.use_groups.begin()));
    unit.keys.push_back({std::uint64_t{r.id} * 0x9E3779B97F4A7C15U, r.id, content_of(r)});
    unit.times.push_back(Instant{r.at});
    unit.quantities.push_back(r.units);
    unit.places.push_back({unit.keys.size() * 100, unit.keys.size(), 99});
  }

  Catalogue catalogue_;
  NoticeRules notices_;
  BusinessCalendar calendar_ = BusinessCalendar::for_zone("Asia/Shanghai").value();
};

// The rules once more, one record at a time.
struct Model {
  std::map<std::uint32_t, std::uint32_t> held;  // content by id
  std::map<AccountId, std::vector<PackState>> packs;
  Units max_file_units = INT64_MAX;
  std::map<AccountId, Instant> integrated_from;  // where not always
  std::int64_t max_open = INT64_MAX;
  std::map<ProductId, MoneyMicros> prices;                          // of overage
  std::map<AccountId, std::pair<std::int64_t, std::int64_t>> open;  // units and micro-units
  Toggle always;                                                    // postpaid of all

  Billable billable(const Record& r) const {
    if (!r.billable) return Billable::not_by_meter;
    const auto from = integrated_from.find(main_of(r.account));
    return from != integrated_from.end() && Instant{r.at} < from->second
               ? Billable::not_by_integration
               : Billable::yes;
  }

  std::vector<LedgerEntry> unit(const std::vector<Record>& records, Units& accepted,
                                UnitCounts& counts) {
    std::map<AccountId, std::vector<UseRecord>> taken;
    auto as_if_uncovered = open;  // with the records of this unit, whatever covers them
    for (const Record& r : records) {
      const auto before = held.find(r.id);
      auto& [open_units, open_micros] = as_if_uncovered[main_of(r.account)];
      const auto price_micros = prices[r.of];
      if (before != held.end()) {
        ++(before->second == content_of(r) ? counts.duplicate : counts.conflict);
      } else if (accepted + r.units > max_file_units || open_units + r.units > max_open ||
                 open_micros + r.units * price_micros > max_open) {
        ++counts.rejected[static_cast<std::size_t>(RejectReason::out_of_range)];
      } else {
        open_units += r.units;
        open_micros += r.units * price_micros;
        held[r.id] = content_of(r);
        accepted += r.units;
        ++counts.accepted;
        taken[main_of(r.account)].push_back(
            {AccountId{r.account}, meter_of(r), day_of(r), billable(r), Instant{r.at}, r.units});
      }
    }
    std::vector<LedgerEntry> entries;
    for (auto& [account, used] : taken) {
      const PostpaidTimes postpaid =
          always.is_on() ? PostpaidTimes{&always, nullptr, beginning_of_days} : PostpaidTimes{};
      const auto of_account = rate_by_record(account, packs[account], postpaid, used);
      entries.insert(entries.end(), of_account.begin(), of_account.end());
      for (const LedgerEntry& entry : of_account) {
        if (entry.outcome != Outcome::overage) continue;
        open[account].first += entry.units;
        open[account].second += entry.units * prices[product];
      }
    }
    return entries;
  }
};

std::vector<LedgerEntry> sorted(std::vector<LedgerEntry> entries) {
  std::sort(entries.begin(), entries.end());
  return entries;
}

TEST(B5_Batch, EqualsOneRecordAfterTheOtherAndCanBeUndone) {
  const auto seed = std::random_device{}();
  std::mt19937 random(seed);
  const auto pick = [&](int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random);
  };
  for (int history = 0; history < 300; ++history) {
    DecisionWorld world;
    for (std::uint32_t id = 1; id <= 4; ++id) {
      const int from = pick(0, 60);
      world.pack(id, AccountId{id % 2 + 1}, pick(1, 80), from, from + pick(5, 100));
    }
    Model model;
    if (pick(0, 2) == 0) world.context.max_file_units = model.max_file_units = pick(20, 60);
    if (pick(0, 1) == 0) {
      world.context.max_open = model.max_open = pick(30, 400);
      model.prices[product] = pick(1, 5);
      world.price(product, model.prices[product]);
      model.always.turn(true, Instant::earliest());
      for (std::uint32_t a = 1; a <= 2; ++a) {
        world.postpaid(AccountId{a}, product);
        const Units units = pick(0, 20);
        const MoneyMicros debt = pick(0, 50);
        world.open[AccountId{a}] = {{AccountId{a}, product, {}, units, 0},
                                    {AccountId{a}, {}, {}, 0, debt}};
        model.open[AccountId{a}] = {units, units * model.prices[product] + debt};
        world.books.set_open_bound(AccountId{a}, model.open[AccountId{a}].second + pick(0, 30));
      }
    }
    for (std::uint32_t a = 1; a <= 2; ++a) model.packs[AccountId{a}] = world.packs(AccountId{a});
    const int client = pick(-20, 60);
    const int server = pick(-20, 60);
    const int integrated_with_batch = pick(0, 4);
    model.integrated_from[AccountId{2}] = Instant::latest();

    for (int b = 0; b < 5; ++b) {
      std::vector<std::vector<Record>> units(static_cast<std::size_t>(pick(1, 3)));
      for (auto& records : units) {
        for (int i = pick(0, 25); i > 0; --i) {
          const auto id = static_cast<std::uint32_t>(pick(1, 60));
          Record r{id, id % 3 + 1, id % 7 * 14, id % 5 + 1, id % 11 != 0};
          if (pick(0, 9) == 0) r.units += 1;  // other content
          records.push_back(r);
        }
      }
      if (b == integrated_with_batch) {
        world.integrate(AccountId{2}, client, server);
        model.integrated_from[AccountId{2}] = second_of(Instant{std::max(client, server)});
      }
      const Batch batch = world.batch(units);
      Units accepted = 0;
      UnitCounts counts;
      std::vector<LedgerEntry> expected;
      for (const auto& records : units) {
        const auto entries = model.unit(records, accepted, counts);
        expected.insert(expected.end(), entries.begin(), entries.end());
      }

      const std::size_t keys_before = world.books.index().size();
      const auto packs_before = world.packs(AccountId{1});
      const std::int64_t bound_before = world.books.open_bound(AccountId{1});
      std::vector<LedgerEntry> first_time;
      {
        const BatchDecision undone(world.context, world.books, batch, world.open_rows());
        first_time = undone.write().entries;
      }
      ASSERT_EQ(world.books.index().size(), keys_before) << "seed " << seed;
      ASSERT_LE(world.books.open_bound(AccountId{1}), bound_before) << "seed " << seed;
      for (std::size_t p = 0; p < packs_before.size(); ++p) {
        ASSERT_EQ(world.packs(AccountId{1})[p].used, packs_before[p].used) << "seed " << seed;
        ASSERT_EQ(world.packs(AccountId{1})[p].levels_told, packs_before[p].levels_told)
            << "seed " << seed;
      }
      BatchDecision decision(world.context, world.books, batch, world.open_rows());
      decision.stand();
      for (const LedgerEntry& entry : decision.write().entries) {  // committed
        if (entry.outcome != Outcome::overage) continue;
        world.open[entry.account].push_back({entry.account, product, entry.day, entry.units, 0});
      }
      for (const auto& [account, open] : model.open) {
        ASSERT_GE(world.books.open_bound(account), std::max(open.first, open.second))
            << "seed " << seed;
      }
      ASSERT_EQ(decision.write().entries, first_time) << "seed " << seed;
      ASSERT_EQ(sorted(decision.write().entries), sorted(expected)) << "seed " << seed;
      UnitCounts total;
      for (const UnitWrite& unit : decision.write().units) total += unit.counts;
      ASSERT_EQ(total.accepted, counts.accepted) << "seed " << seed;
      ASSERT_EQ(total.duplicate, counts.duplicate) << "seed " << seed;
      ASSERT_EQ(total.conflict, counts.conflict) << "seed " << seed;
      ASSERT_EQ(total.rejected, counts.rejected) << "seed " << seed;
      for (std::uint32_t a = 1; a <= 2; ++a) {
        const auto have = world.packs(AccountId{a});
        for (std::size_t p = 0; p < have.size(); ++p) {
          ASSERT_EQ(have[p].used, model.packs[AccountId{a}][p].used) << "seed " << seed;
        }
      }
    }
  }
}

TEST(U2_OutOfRange, RejectsAloneWhatWouldNotFit) {
  DecisionWorld world;
  world.context.max_file_units = 10;
  const Batch batch =
      world.batch({{{.id = 1, .units = 8}, {.id = 2, .units = 3}, {.id = 3, .units = 2}}});
  BatchDecision decision(world.context, world.books, batch, world.open_rows());
  const UnitCounts& counts = decision.write().units[0].counts;
  EXPECT_EQ(counts.accepted, 2);
  EXPECT_EQ(counts.accepted_units, 10);
  EXPECT_EQ(counts.rejected[static_cast<std::size_t>(RejectReason::out_of_range)], 1);
  EXPECT_EQ(
      decision.write().units[0].rejected_lines,
      "2\tout_of_range\t200\t99\tthe accepted units of this file would not fit; split the file\n");
}

class U2_OpenSums : public ::testing::Test {
 protected:
  static constexpr Units most = 1'000'000'000'000;  // of one record
  static constexpr AccountId acme{1};

  // The lines that are out of range, of a unit of one file.
  std::int64_t out_of_range(const std::vector<Record>& records) {
    const Batch batch = world.batch({records});
    BatchDecision decision(world.context, world.books, batch, world.open_rows());
    decision.stand();
    for (const LedgerEntry& entry : decision.write().entries) {
      if (entry.outcome != Outcome::overage) continue;
      world.open[entry.account].push_back({entry.account, product, entry.day, entry.units, 0});
    }
    return decision.write()
        .units[0]
        .counts.rejected[static_cast<std::size_t>(RejectReason::out_of_range)];
  }
  std::vector<Record> records(std::uint32_t first_id, int count, std::uint32_t account = 1) {
    std::vector<Record> all;
    for (int i = 0; i < count; ++i) {
      all.push_back({.id = first_id++, .account = account, .at = 20, .units = most});
    }
    return all;
  }
  DecisionWorld world;
};

TEST_F(U2_OpenSums, ARecordWhoseChargeWouldNotFitIsRejectedAlone) {
  world.price(product, 10'000'000);
  world.postpaid(acme, product);
  EXPECT_EQ(out_of_range({{.id = 1, .units = most},
                          {.id = 2, .units = 7},
                          {.id = 3, .account = 2, .units = 9},
                          {.id = 1, .units = 5}}),  // a rejected one does not hold its id
            1);
  EXPECT_EQ(world.books.open_bound(acme), 120'000'000);
}

TEST_F(U2_OpenSums, InOneFileTheFirst800OfALineOrderFit) {
  world.price(product, 5'000);
  world.postpaid(acme, product);
  const Batch batch = world.batch({records(1, 2'000)});
  BatchDecision decision(world.context, world.books, batch, world.open_rows());
  const UnitWrite& unit = decision.write().units[0];
  EXPECT_EQ(unit.counts.accepted, 800) << "4 x 10^18 micro-units are not passed";
  EXPECT_EQ(unit.counts.rejected[static_cast<std::size_t>(RejectReason::out_of_range)], 1'200);
  EXPECT_EQ(unit.rejected_lines.substr(0, unit.rejected_lines.find('\n')),
            std::string("801\tout_of_range\t80100\t99\t") + open_sum_too_large);
}

TEST_F(U2_OpenSums, OverTwoFilesAndABalanceBelowZeroToo) {
  world.price(product, 5'000);
  world.postpaid(acme, product);
  EXPECT_EQ(out_of_range(records(1, 500)), 0);
  EXPECT_EQ(out_of_range(records(501, 500)), 200);
  EXPECT_EQ(out_of_range({{.id = 2'000, .account = 2, .units = most}}), 0);
  world.open[AccountId{2}] = {{AccountId{2}, {}, {}, 0, max_open - 5'000}};
  world.books.set_open_bound(AccountId{2}, max_open - 5'000);
  EXPECT_EQ(out_of_range({{.id = 2'001, .account = 2}, {.id = 2'002, .account = 2}}), 1);
}

// As if no pack covered it: so what is rejected does not hang on when a pack comes or goes.
TEST_F(U2_OpenSums, CountWhatPacksCoverWithinAUnitAndNotBehindIt) {
  world.price(product, 5'000);
  world.postpaid(acme, product);
  world.pack(1, acme, 700 * most, 0, 1'000);
  EXPECT_EQ(out_of_range(records(1, 801)), 1);
  EXPECT_EQ(world.books.open_bound(acme), 100 * most * 5'000) << "the pack took the others";
}

TEST_F(U2_OpenSums, WithoutAPriceOnlyTheUnitsCount) {
  world.context.max_open = 3 * most;
  world.postpaid(acme, product);
  EXPECT_EQ(out_of_range(records(1, 4)), 1);
}

// The bound is never below what is open, and is made exact where it could be passed.
TEST_F(U2_OpenSums, ABoundThatIsTooHighRejectsNothing) {
  world.price(product, 5'000);
  world.postpaid(acme, product);
  world.books.set_open_bound(acme, max_open);
  EXPECT_EQ(out_of_range({{.id = 1, .units = 10}}), 0);
  EXPECT_EQ(world.open_reads, 1);
  EXPECT_EQ(world.books.open_bound(acme), 50'000);
  EXPECT_EQ(out_of_range({{.id = 2, .units = 10}}), 0);
  EXPECT_EQ(world.open_reads, 1) << "the books know it well enough";
}

TEST_F(U2_OpenSums, WhatOneAccountIsDeniedMakesRoomForOthersInTheFile) {
  world.price(product, 10'000'000);
  world.postpaid(acme, product);
  world.context.max_file_units = most + 5;
  EXPECT_EQ(out_of_range({{.id = 1, .units = most},
                          {.id = 2, .account = 2, .units = 6},
                          {.id = 3, .account = 2, .units = 9}}),
            1);
}

TEST(N2_Batch, AUnitSendsTheHighestLevelAndTheNextUnitTheNext) {
  DecisionWorld world;
  world.pack(1, AccountId{1}, 100, 0, 1000);
  const Batch batch = world.batch({{{.id = 1, .units = 60}}, {{.id = 2, .units = 40}}});
  const BatchDecision decision(world.context, world.books, batch, world.open_rows());
  std::vector<std::pair<int, bool>> told;
  for (const UsageNotice& one : decision.notices()) {
    told.emplace_back(one.notice.cause, one.notice.superseded);
  }
  EXPECT_EQ(told, (std::vector<std::pair<int, bool>>{{50, false}, {90, true}, {100, false}}));
}

TEST(B5_Batch, sub_accounts_share_one_order_also_where_one_of_them_uses_another_product) {
  DecisionWorld world;
  world.pack(1, AccountId{1}, 100, 0, 1000);
  const Record by_main{.id = 1, .account = 1, .at = 20, .units = 60};
  const Record of_another{.id = 2, .account = 1, .at = 15, .units = 5, .of = ProductId{2}};
  const Record by_sub{.id = 3, .account = 3, .at = 10, .units = 70};
  const Batch batch = world.batch({{by_main, of_another, by_sub}});
  const BatchDecision decision(world.context, world.books, batch, world.open_rows());
  Units drawn_by_sub = 0;
  for (const LedgerEntry& entry : decision.write().entries) {
    if (entry.used_by == AccountId{3} && entry.pack == PackId{1}) drawn_by_sub += entry.units;
  }
  EXPECT_EQ(drawn_by_sub, 70) << "it was the earlier one";
  std::vector<std::pair<int, bool>> told;
  for (const UsageNotice& one : decision.notices()) {
    told.emplace_back(one.notice.cause, one.notice.superseded);
  }
  EXPECT_EQ(told, (std::vector<std::pair<int, bool>>{{50, true}, {90, true}, {100, false}}));
}

}  // namespace
}  // namespace packwarden::testing
