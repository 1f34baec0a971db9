#include "usecases/deployment.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <future>
#include <thread>

#include "store/deployment.h"
#include "store/deployment_store.h"
#include "store/spool_name_rows.h"
#include "support/test_database.h"

namespace packwarden {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr BusinessDay monday{20'000};

class DeploymentOf : public ::testing::Test {
 protected:
  DeploymentOf() {
    Product captcha;
    captcha.name = "captcha";
    captcha.meters = {{{}, "check", {}, {}}};
    captcha.tiers = {{"30k", 30'000, 300'000'000, false}};
    captcha.postpaid_prices = {{beginning_of_days, 5'000}};
    catalogue.products = {captcha};
    intern_catalogue(database.session(), catalogue);
  }

  LedgerMeaning wanted() const { return meaning_of(catalogue, zone, 36, AcceptanceWindow{}); }
  std::vector<std::string> refused() {
    std::vector<std::string> names;
    for (const RefusedChange& one : take_meaning(store, wanted(), std::nullopt).refused) {
      names.push_back(one.name);
    }
    return names;
  }
  std::string value(const std::string& name) {
    for (const StoredValue& stored : store.newest()) {
      if (stored.name == name) return stored.value;
    }
    return "none";
  }
  std::string set(const std::string& name, const std::string& value) {
    const auto done = change_deployment(store, wanted(), {name, value});
    return done ? "done" : done.error().code;
  }
  void run(const std::string& statement) { database.session().execute(statement); }
  void add_pack() {
    run("INSERT INTO pack (pack_id, account_id, product_id, tier, is_trial, quota_units, "
        "price_micros, priority, purchased_at, effective_from, expires_at, notice_levels, seq) "
        "VALUES (1, 1, 1, '30k', 0, 30000, 0, 0, NOW(6), NOW(6), NOW(6), '', 1)");
    run("INSERT INTO pack_balance (pack_id, used_units) VALUES (1, 10000)");
  }
  void add_overage() {
    run(
        fmt::format("INSERT INTO open_overage (account_id, product_id, business_day, is_credit, "
                    "price_micros, units) VALUES (1, 1, '{}', 0, 0, 70)",
                    to_string(monday)));
  }
  void switch_postpaid(const char* step, Sequence sequence) {
    run(
        fmt::format("INSERT INTO postpaid_change (account_id, product_id, seq, step, changed_at) "
                    "VALUES (1, 1, {}, '{}', NOW(6))",
                    sequence, step));
  }

  TestDatabase database;
  MySqlLedger ledger{database.address()};
  MySqlDeploymentStore store{ledger};
  Catalogue catalogue;
  std::string zone = "Asia/Shanghai";
};

TEST_F(DeploymentOf, S40_a_database_that_has_nothing_takes_what_it_gets_and_says_since_when) {
  EXPECT_TRUE(take_meaning(store, wanted(), std::nullopt).first);
  EXPECT_EQ(value("currency"), "CNY");
  EXPECT_EQ(value("business-time-zone"), "Asia/Shanghai");
  EXPECT_EQ(value("products"), "captcha check\n");
  EXPECT_EQ(value("postpaid-prices"), "captcha always=5000\n");
  EXPECT_THAT(store.newest(), Contains(Field(&StoredValue::recorded_by, "first")));
  EXPECT_EQ(database.value("SELECT COUNT(*) FROM deployment_value WHERE seq = 0 AND recorded_at > "
                           "NOW(6) - INTERVAL 1 MINUTE"),
            "8");
  const auto again = take_meaning(store, wanted(), std::nullopt);
  EXPECT_FALSE(again.first);
  EXPECT_THAT(again.changed, IsEmpty());
  EXPECT_EQ(store.sequence(), 0U) << "nothing has changed: ledger time is not begun";
}

TEST_F(DeploymentOf, S40_a_command_records_in_a_new_database_alone) {
  EXPECT_TRUE(look_at_meaning(store, wanted()).first);
  EXPECT_THAT(store.newest(), IsEmpty());
  compare_meaning(store, wanted());
  EXPECT_EQ(value("currency"), "CNY");
  catalogue.products[0].tiers[0].units = 40'000;
  EXPECT_THAT(compare_meaning(store, wanted()).changed, SizeIs(1));
  EXPECT_EQ(store.sequence(), 0U);
}

TEST_F(DeploymentOf, S40_a_change_that_does_no_harm_is_recorded_and_the_rest_stays_as_it_is) {
  take_meaning(store, wanted(), std::nullopt);
  add_pack();
  add_overage();
  catalogue.products[0].tiers.push_back({"80k", 80'000, 600'000'000, false});
  catalogue.products[0].postpaid_prices.push_back(
      {BusinessDay{monday.days_since_epoch + 9}, 6'000});
  EXPECT_THAT(refused(), IsEmpty());
  EXPECT_EQ(
      database.value("SELECT GROUP_CONCAT(name ORDER BY name) FROM deployment_value WHERE seq "
                     "= (SELECT seq FROM ledger_sequence) AND recorded_by = 'settings'"),
      "catalogue,postpaid-prices");
  EXPECT_THAT(store.history(), SizeIs(10)) << "append only";
}

TEST_F(DeploymentOf, S40_one_refused_change_keeps_all_others_out) {
  take_meaning(store, wanted(), std::nullopt);
  catalogue.currency = "USD";
  catalogue.products[0].meters.push_back({{}, "score", {}, {}});
  zone = "Europe/Berlin";
  EXPECT_THAT(refused(), ElementsAre("currency", "business-time-zone"));
  EXPECT_EQ(store.sequence(), 0U);
  EXPECT_THROW(require_meaning(look_at_meaning(store, wanted())), MeaningRefused);
}

TEST_F(DeploymentOf, S40_a_product_goes_only_while_the_ledger_has_nothing_of_it) {
  take_meaning(store, wanted(), std::nullopt);
  const Product captcha = catalogue.products[0];
  catalogue.products[0].name = "video";
  add_pack();
  EXPECT_THAT(refused(), ElementsAre("products"));
  run("DELETE FROM pack");
  add_overage();
  EXPECT_THAT(refused(), ElementsAre("products"));
  run("UPDATE open_overage SET units = 0");
  EXPECT_THAT(refused(), IsEmpty());
  EXPECT_EQ(value("products"), "video check\n");
}

TEST_F(DeploymentOf, S40_prices_stay_while_overage_is_open_or_postpaid_is_on) {
  take_meaning(store, wanted(), std::nullopt);
  add_overage();
  catalogue.products[0].postpaid_prices = {{beginning_of_days, 4'000}};
  EXPECT_THAT(refused(), ElementsAre("postpaid-prices"));
  run("UPDATE open_overage SET is_credit = 1");
  EXPECT_THAT(refused(), IsEmpty()) << "a credit has its own price";
  catalogue.products[0].postpaid_prices.clear();
  switch_postpaid("on", 5);
  EXPECT_THAT(refused(), ElementsAre("postpaid-prices"));
  switch_postpaid("off", 6);
  EXPECT_THAT(refused(), IsEmpty());
}

TEST_F(DeploymentOf, S40_an_account_that_is_closed_does_not_keep_the_prices) {
  take_meaning(store, wanted(), std::nullopt);
  switch_postpaid("on", 5);
  run("INSERT INTO account_fact (account_id, kind, known_at, seq) VALUES (1, 'closed', NOW(6), 6)");
  catalogue.products[0].postpaid_prices.clear();
  EXPECT_THAT(refused(), IsEmpty());
}

// Between the look and the lock.
class Meanwhile : public DeploymentStore {
 public:
  Meanwhile(DeploymentStore& store, std::function<void()> what)
      : store_(&store), what_(std::move(what)) {}

  std::vector<StoredValue> newest() override { return store_->newest(); }
  std::vector<StoredValue> newest_under_lock() override { return store_->newest_under_lock(); }
  std::vector<StoredValue> history() override { return store_->history(); }
  Sequence sequence() override { return store_->sequence(); }
  MeaningFacts& facts_after(Sequence after) override { return store_->facts_after(after); }
  DeploymentHoldings holdings() override { return store_->holdings(); }
  DatedAhead dated_ahead(Instant clock, std::uint32_t shown_max) override {
    return store_->dated_ahead(clock, shown_max);
  }
  std::vector<std::string> living_daemons() override { return store_->living_daemons(); }
  void require_newest() override { store_->require_newest(); }
  bool record_first(const MeaningValues& values) override {
    if (what_) std::exchange(what_, nullptr)();
    return store_->record_first(values);
  }
  void record(RecordedBy who, std::optional<Instant> as_of, const Decide& decide) override {
    if (what_) std::exchange(what_, nullptr)();
    store_->record(who, as_of, decide);
  }

 private:
  DeploymentStore* store_;
  std::function<void()> what_;
};

TEST_F(DeploymentOf, S40_what_another_has_changed_meanwhile_is_compared_anew) {
  take_meaning(store, wanted(), std::nullopt);
  LedgerMeaning longer = wanted();
  longer.dedupe_window_days += 100;
  catalogue.products[0].tiers[0].units = 40'000;
  MySqlLedger other_ledger(database.address());
  MySqlDeploymentStore other(other_ledger);
  Meanwhile changed(store, [&] { take_meaning(other, longer, std::nullopt); });
  take_meaning(changed, wanted(), std::nullopt);
  EXPECT_EQ(value("dedupe-window-days"), std::to_string(wanted().dedupe_window_days));
}

TEST_F(DeploymentOf, S40_what_came_between_the_look_and_the_lock_counts) {
  take_meaning(store, wanted(), std::nullopt);
  catalogue.products[0].name = "video";
  Meanwhile bought(store, [&] {
    MySqlLedger other(database.address());
    other.transact("pack_buy", std::nullopt, [&](LedgerTransaction&) { return Verdict::commit; });
    add_pack();
    run("UPDATE pack SET seq = 1");
  });
  EXPECT_THAT(take_meaning(bought, wanted(), std::nullopt).refused, SizeIs(1));
  EXPECT_EQ(value("products"), "captcha check\n");

  run("DELETE FROM pack");
  Meanwhile used(store, [&] {
    MySqlLedger other(database.address());
    other.transact("ingest", std::nullopt, [&](LedgerTransaction&) { return Verdict::commit; });
    run("INSERT INTO ledger_entry (seq, entry_no, account_id, used_by_account_id, meter_id, "
        "business_day, outcome, pack_id, units) VALUES (2, 0, 1, 1, 1, '2026-11-20', 2, 0, 7)");
  });
  EXPECT_THAT(take_meaning(used, wanted(), std::nullopt).refused, SizeIs(1));

  run("DELETE FROM ledger_entry");
  Catalogue dollars = catalogue;
  Meanwhile changed(store, [&] {
    MySqlLedger other(database.address());
    MySqlDeploymentStore theirs(other);
    dollars.currency = "USD";
    theirs.record(RecordedBy::operator_, std::nullopt, [&](auto) {
      return to_values(meaning_of(dollars, zone, 36, AcceptanceWindow{}));
    });
  });
  EXPECT_THROW(take_meaning(changed, wanted(), std::nullopt), OtherHistory);
  MySqlLedger anew(database.address());
  MySqlDeploymentStore of_anew(anew);
  EXPECT_THAT(take_meaning(of_anew, wanted(), std::nullopt).refused,
              ElementsAre(Field(&RefusedChange::name, "currency")));
}

// A daemon that was paused for longer than its lease, or a command of many pieces, has compared
// with what was there before.
TEST_F(DeploymentOf,
       S40_whoever_has_compared_before_a_deliberate_change_comes_upon_another_history) {
  take_meaning(store, wanted(), std::nullopt);
  MySqlLedger paused(database.address());
  paused.transact("ingest", std::nullopt, [](LedgerTransaction&) { return Verdict::commit; });
  catalogue.currency = "USD";
  EXPECT_EQ(set("currency", "USD"), "done");
  EXPECT_THROW(
      paused.transact("ingest", std::nullopt, [](LedgerTransaction&) { return Verdict::commit; }),
      OtherHistory);
  EXPECT_THROW(paused.head(), OtherHistory);
}

// It has looked for living daemons before the daemon started, which looks before it is committed.
TEST_F(DeploymentOf, S40_a_start_waits_for_a_deliberate_change_that_is_under_way) {
  take_meaning(store, wanted(), std::nullopt);
  Catalogue dollars = catalogue;
  dollars.currency = "USD";
  std::future<MeaningComparison> started;
  store.record(RecordedBy::operator_, std::nullopt, [&](auto) {
    started = std::async(std::launch::async, [this] {
      MySqlLedger other(database.address());
      MySqlDeploymentStore theirs(other);
      return take_meaning(theirs, wanted(), std::nullopt);
    });
    EXPECT_EQ(started.wait_for(std::chrono::milliseconds(300)), std::future_status::timeout);
    return to_values(meaning_of(dollars, zone, 36, AcceptanceWindow{}));
  });
  EXPECT_THAT(started.get().refused, ElementsAre(Field(&RefusedChange::name, "currency")));
}

TEST_F(DeploymentOf, S40_a_ledger_in_use_without_a_meaning_takes_none_that_it_cannot_have) {
  add_pack();
  run("UPDATE ledger_sequence SET seq = 1");
  catalogue.products[0].name = "video";
  EXPECT_THAT(refused(), ElementsAre("products"));
  EXPECT_THAT(store.newest(), IsEmpty());
  catalogue.products[0].name = "captcha";
  EXPECT_TRUE(compare_meaning(store, wanted()).first);
  EXPECT_THAT(store.newest(), IsEmpty()) << "a command does not record what a ledger in use means";
  EXPECT_THAT(refused(), IsEmpty());
  EXPECT_EQ(value("products"), "captcha check\n");
}

TEST_F(DeploymentOf, S40_a_price_that_went_comes_back_over_open_overage_only_if_that_is_meant) {
  take_meaning(store, wanted(), std::nullopt);
  add_overage();
  const auto prices = catalogue.products[0].postpaid_prices;
  catalogue.products[0].postpaid_prices.clear();
  EXPECT_EQ(set("postpaid-prices", "captcha"), "done");
  catalogue.products[0].postpaid_prices = {{beginning_of_days, 99'000'000}};
  EXPECT_THAT(refused(), ElementsAre("postpaid-prices"));
  catalogue.products[0].postpaid_prices = {{BusinessDay{monday.days_since_epoch + 1}, 99'000'000}};
  EXPECT_THAT(refused(), IsEmpty()) << "of days to come";
  catalogue.products[0].postpaid_prices = prices;
  EXPECT_EQ(set("postpaid-prices", "captcha"), "done");
  EXPECT_THAT(refused(), IsEmpty());
}

TEST_F(DeploymentOf, S40_a_product_that_went_comes_back_with_prices_likewise) {
  take_meaning(store, wanted(), std::nullopt);
  add_overage();
  const auto products = catalogue.products;
  catalogue.products[0].name = "video";
  catalogue.products[0].postpaid_prices.clear();
  EXPECT_EQ(set("products", "video"), "done");
  EXPECT_THAT(refused(), IsEmpty());
  catalogue.products = products;
  catalogue.products[0].postpaid_prices = {{beginning_of_days, 99'000'000}};
  EXPECT_THAT(refused(), ElementsAre("postpaid-prices"));
}

// What is sold by a catalogue that no daemon knows, nobody would meter.
TEST_F(DeploymentOf, S40_a_command_sells_only_what_a_daemon_has_taken_over) {
  take_meaning(store, wanted(), std::nullopt);
  require_taken_over(compare_meaning(store, wanted()));
  const Catalogue known = catalogue;
  Product video = catalogue.products[0];
  video.name = "video";
  catalogue.products.push_back(video);
  EXPECT_THROW(require_taken_over(compare_meaning(store, wanted())), MeaningRefused);
  catalogue = known;
  catalogue.products[0].postpaid_prices.push_back(
      {BusinessDay{monday.days_since_epoch + 9}, 6'000});
  EXPECT_THROW(require_taken_over(compare_meaning(store, wanted())), MeaningRefused);
  catalogue = known;
  catalogue.products[0].tiers[0].units = 40'000;
  require_taken_over(compare_meaning(store, wanted()));
}

TEST_F(DeploymentOf, S42_a_database_that_a_living_daemon_knows_to_be_older_is_not_changed) {
  run("UPDATE ledger_sequence SET seq = 4");
  store.require_newest();
  const auto taken = take_spool_name(database.session(), {"alpha", "1", "host/7"}, false, 4);
  store.require_newest();
  renew_spool_name(database.session(), "alpha", *taken.fence, 8);
  try {
    store.require_newest();
    FAIL();
  } catch (const LedgerBehind& error) {
    EXPECT_THAT(error.what(), HasSubstr("host/7 has seen 8"));
    EXPECT_THAT(error.what(), HasSubstr("accept-older 4"));
  }
  give_back_spool_name(database.session(), "alpha", *taken.fence);
  store.require_newest();
}

TEST_F(DeploymentOf, S40_sums_that_no_number_holds_do_not_keep_a_change_out) {
  take_meaning(store, wanted(), std::nullopt);
  for (int account = 1; account <= 3; ++account) {
    run(
        fmt::format("INSERT INTO money_balance (account_id, balance_micros) VALUES ({}, "
                    "4000000000000000000)",
                    account));
  }
  catalogue.currency = "USD";
  EXPECT_EQ(set("currency", "USD"), "done");
}

TEST_F(DeploymentOf, S40_two_that_come_first_at_once_agree_on_one) {
  catalogue.currency = "CNY";
  const LedgerMeaning yuan = wanted();
  catalogue.currency = "USD";
  const LedgerMeaning dollars = wanted();
  MeaningComparison theirs;
  Meanwhile beaten(store, [&] {
    MySqlLedger other(database.address());
    MySqlDeploymentStore faster(other);
    theirs = take_meaning(faster, dollars, std::nullopt);
  });
  EXPECT_THAT(take_meaning(beaten, yuan, std::nullopt).refused,
              ElementsAre(Field(&RefusedChange::name, "currency")));
  EXPECT_TRUE(theirs.first);
  EXPECT_EQ(value("currency"), "USD");
}

TEST_F(DeploymentOf, S40_a_deliberate_change_is_recorded_and_then_fits) {
  take_meaning(store, wanted(), std::nullopt);
  add_pack();
  add_overage();
  catalogue.currency = "USD";
  EXPECT_EQ(set("currency", "USD"), "done");
  EXPECT_EQ(database.value("SELECT CONCAT(value, ' ', recorded_by) FROM deployment_value WHERE seq "
                           "= 1"),
            "USD operator");
  EXPECT_THAT(refused(), IsEmpty());

  catalogue.products[0].postpaid_prices.clear();
  EXPECT_EQ(set("postpaid-prices", "captcha"), "done");
  EXPECT_THAT(refused(), IsEmpty());

  Product video = catalogue.products[0];
  video.name = "video";
  catalogue.products = {video};
  EXPECT_EQ(set("products", "video"), "done");
  EXPECT_THAT(refused(), IsEmpty());
  EXPECT_EQ(value("products"), "video check\n");
}

TEST_F(DeploymentOf, S40_a_deliberate_change_must_repeat_what_the_settings_say) {
  EXPECT_EQ(set("currency", "CNY"), "no_change") << "nothing is stored yet";
  take_meaning(store, wanted(), std::nullopt);
  EXPECT_EQ(set("colour", "red"), "unknown_name");
  EXPECT_EQ(set("dedupe-window-days", "36"), "taken_from_settings");
  EXPECT_EQ(set("currency", "CNY"), "no_change");
  catalogue.currency = "USD";
  EXPECT_EQ(set("currency", "EUR"), "other_settings");
  EXPECT_EQ(value("currency"), "CNY");
}

TEST_F(DeploymentOf, S40_a_deliberate_change_waits_until_no_daemon_lives) {
  take_meaning(store, wanted(), std::nullopt);
  catalogue.currency = "USD";
  const auto taken = take_spool_name(database.session(), {"alpha", "1", "host/7"}, false);
  EXPECT_EQ(set("currency", "USD"), "daemons_live");
  give_back_spool_name(database.session(), "alpha", *taken.fence);
  EXPECT_EQ(set("currency", "USD"), "done");
}

TEST_F(DeploymentOf, S40_a_deliberate_change_says_first_what_it_means) {
  take_meaning(store, wanted(), std::nullopt);
  add_pack();
  add_overage();
  run("INSERT INTO money_balance (account_id, balance_micros) VALUES (1, 12500000)");
  const auto plan = [&](const std::string& name, const std::string& value) {
    const auto sentences = plan_change(store, wanted(), {name, value});
    return sentences ? sentences->at(0) : sentences.error().message;
  };
  catalogue.currency = "USD";
  EXPECT_THAT(plan("currency", "USD"), HasSubstr("1 account, which sum to 12.50 CNY"));
  catalogue.currency = "CNY";
  zone = "Europe/Berlin";
  EXPECT_THAT(plan("business-time-zone", "Europe/Berlin"), HasSubstr("clock of Europe/Berlin"));
  zone = "Asia/Shanghai";
  catalogue.products[0].postpaid_prices.clear();
  EXPECT_THAT(plan("postpaid-prices", "captcha"), HasSubstr("open overage (70 units)"));
  catalogue.products[0].name = "video";
  EXPECT_THAT(
      plan("products", "video"),
      HasSubstr("1 pack with 20,000 units left of product \"captcha\", and 70 units of open"));
  EXPECT_EQ(store.sequence(), 0U);
}

TEST_F(DeploymentOf, S40_the_digest_of_two_daemons_is_the_same_where_they_do_the_same) {
  const std::string digest = digest_of(wanted());
  EXPECT_THAT(digest, SizeIs(64));
  EXPECT_EQ(digest_of(wanted()), digest);
  EXPECT_NE(digest_of(meaning_of(catalogue, zone, 37, AcceptanceWindow{})), digest);
  catalogue.products[0].tiers[0].price_micros += 1;
  EXPECT_NE(digest_of(wanted()), digest);
}

}  // namespace
}  // namespace packwarden
