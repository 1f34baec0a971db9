#include "usecases/entitlement_book.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <random>

#include "domain/whole_second.h"
#include "store/job_rows.h"
#include "store/mysql_reports.h"
#include "usecases/account_commands.h"
#include "usecases/billing_jobs.h"
#include "usecases/entitlements.h"
#include "usecases/money_commands.h"
#include "usecases/pack_commands.h"
#include "usecases/postpaid_commands.h"
#include "usecases/refund_commands.h"
#include "usecases/world.h"

namespace packwarden::testing {
namespace {

class Entitlement : public ::testing::Test {
 protected:
  // What the book says, and what the ledger says: they must be the same.
  std::string both(const std::string& account) {
    book.take_over(ledger.changes_after(Follower::entitlements, book.sequence()));
    book.confirm(now);
    const auto answer = book.check(account, "captcha");
    if (!answer) return "fault " + std::to_string(static_cast<int>(answer.error()));
    const Account found = *reports.find_account(account);
    const EntitlementRow expected = entitlement_of(
        reports.standing(found.main()), context.catalogue->products.at(0), *context.calendar, now);
    EXPECT_EQ(answer->allowed, expected.state.is_active());
    EXPECT_EQ(answer->stop_reason, expected.state.reason);
    EXPECT_EQ(answer->covered_by, name_of(expected.state.covered_by));
    EXPECT_EQ(answer->left_units, expected.left);
    EXPECT_EQ(answer->as_of, now);
    return std::string(answer->allowed ? answer->covered_by : name_of(answer->stop_reason));
  }
  void trial(const std::string& account) {
    const std::vector<std::string> names{account};
    ASSERT_TRUE(claim_trials(ledger, context, {"captcha", names, now}, new_request_id()));
  }
  void buy(const std::string& account) {
    const std::vector<std::string> names{account};
    ASSERT_TRUE(buy_packs(ledger, context, {"captcha", names, now, new_request_id()}, "30k",
                          new_request_id()));
  }
  void top_up(const std::string& account, MoneyMicros amount) {
    ASSERT_TRUE(top_up_balance(ledger, context, {account, amount, new_request_id(), now},
                               new_request_id()));
  }
  void use(const std::string& account, Units units) {
    const std::string name = "f" + std::to_string(++files) + ".csv";
    host.drop(name, csv({{.id = name,
                          .account = account,
                          .time = to_rfc3339(now),
                          .quantity = std::to_string(units)}}));
    host.run(now);
  }
  void run_jobs() { BillingJobs(ledger, store, context, {"test", 60, 0}).run(now); }

  TestDatabase database;
  BillingContext context = shipped_billing(database);
  Instant now = noon;
  MySqlLedger ledger{database.address()};
  MySqlJobStore store{database.address()};
  MySqlReports reports{database.address()};
  EntitlementBook book{*context.catalogue, *context.calendar, [this] { return now; }};
  Host host{database, "h1"};
  int files = 0;
};

TEST_F(Entitlement, O9_follows_each_change) {
  EXPECT_EQ(book.check("acme", "captcha").error(), EntitlementFault::not_ready);
  add_ready_account(database, "acme");
  add_account(database, "acme-shop", "acme");
  EXPECT_EQ(both("acme"), "never_activated");
  EXPECT_EQ(both("nobody"), "fault 0");
  EXPECT_EQ(book.check("acme", "nothing").error(), EntitlementFault::unknown_product);
  trial("acme");
  EXPECT_EQ(both("acme"), "packs");
  EXPECT_EQ(both("acme-shop"), "packs") << "as its main account";
  use("acme", 20'000);
  EXPECT_EQ(both("acme"), "trial_exhausted");
  buy("acme");
  EXPECT_EQ(both("acme"), "packs");
  ASSERT_TRUE(take_refund_step(ledger, context, {PackId{2}, RefundStep::requested, "", now},
                               new_request_id()));
  EXPECT_EQ(both("acme"), "packs_frozen");
  ASSERT_TRUE(take_refund_step(ledger, context, {PackId{2}, RefundStep::rejected, "no", now},
                               new_request_id()));
  EXPECT_EQ(both("acme"), "packs");
  use("acme-shop", 30'000);
  EXPECT_EQ(both("acme"), "packs_exhausted");
  top_up("acme", 5'000);
  const std::vector<std::string> names{"acme"};
  ASSERT_TRUE(switch_postpaid(ledger, context, {"captcha", names, true, now}, new_request_id()));
  EXPECT_EQ(both("acme"), "postpaid");
  use("acme", 2);
  now = noon + Span::days(1);
  run_jobs();
  EXPECT_EQ(both("acme"), "arrears");
  top_up("acme", 6'000);
  EXPECT_EQ(both("acme"), "postpaid");
  ASSERT_TRUE(
      learn(ledger, context, names, std::array{AccountFactKind::closed}, now, new_request_id()));
  EXPECT_EQ(both("acme"), "closed_account");
}

TEST_F(Entitlement, O10_a_pack_that_expires_stops_at_its_instant_before_anybody_notices) {
  add_ready_account(database, "acme");
  trial("acme");
  now = noon + Span::days(7) - Span{1};
  EXPECT_EQ(both("acme"), "packs");
  now = noon + Span::days(7);
  EXPECT_EQ(both("acme"), "trial_expired");
  run_jobs();
  EXPECT_EQ(both("acme"), "trial_expired");
}

TEST_F(Entitlement, O9_a_fresh_book_says_the_same) {
  add_ready_account(database, "acme");
  add_ready_account(database, "zeta");
  trial("acme");
  use("acme", 7);
  buy("zeta");
  use("zeta", 30'000);
  both("acme");
  for (const Follower follower : {Follower::entitlements, Follower::both}) {
    EntitlementBook fresh(*context.catalogue, *context.calendar, [this] { return now; });
    ledger.load(
        follower, [&](const Changes& changes) { fresh.take_over(changes); }, nullptr);
    EXPECT_EQ(fresh.check("acme", "captcha").error(), EntitlementFault::not_ready);
    fresh.confirm(now);
    for (const std::string name : {"acme", "zeta"}) {
      const auto followed = book.check(name, "captcha");
      const auto loaded = fresh.check(name, "captcha");
      EXPECT_EQ(followed->stop_reason, loaded->stop_reason);
      EXPECT_EQ(followed->left_units, loaded->left_units);
    }
    EXPECT_EQ(fresh.check("acme", "captcha")->left_units, 19'993);
  }
}

TEST_F(Entitlement, O10_a_trial_that_ends_beside_bought_packs_that_were_used_up_is_not_the_reason) {
  add_ready_account(database, "acme");
  trial("acme");
  add_pack(database, "acme", 10, noon, noon + Span::days(30));
  use("acme", 20'010);
  add_account(database, "other");  // and of packs that only time ends
  trial("other");
  add_pack(database, "other", 10, noon, noon + Span::days(3));
  EXPECT_EQ(both("acme"), "packs_exhausted");
  now = noon + Span::days(4);
  EXPECT_EQ(both("other"), "packs");
  now = noon + Span::days(8);
  EXPECT_EQ(both("other"), "packs_expired");
  EXPECT_EQ(both("acme"), "packs_exhausted");
}

TEST_F(Entitlement, O8_O10_a_balance_of_exactly_zero_is_no_arrears) {
  add_ready_account(database, "acme");
  top_up("acme", 5'000);
  buy("acme");
  use("acme", 30'002);
  now = noon + Span::days(1);
  run_jobs();
  EXPECT_EQ(both("acme"), "arrears");
  top_up("acme", 5'000);
  EXPECT_EQ(both("acme"), "arrears") << "postpaid is on: a top-up is what mends it";
  const std::vector<std::string> names{"acme"};
  ASSERT_TRUE(switch_postpaid(ledger, context, {"captcha", names, false, now}, new_request_id()));
  EXPECT_EQ(both("acme"), "packs_exhausted");
  add_pack(database, "acme", 10, now, now + Span::days(1));
  EXPECT_EQ(both("acme"), "packs");
  now = now + Span::days(1);
  EXPECT_EQ(both("acme"), "packs_expired") << "before anybody notices";
}

TEST_F(Entitlement, O10_an_account_without_packs_is_answered_for_too) {
  add_ready_account(database, "acme");
  const std::vector<std::string> names{"acme"};
  EXPECT_EQ(both("acme"), "never_activated");
  ASSERT_TRUE(
      learn(ledger, context, names, std::array{AccountFactKind::closed}, now, new_request_id()));
  EXPECT_EQ(both("acme"), "closed_account");
}

TEST_F(Entitlement, O10_a_price_that_begins_resumes_at_its_midnight_before_anybody_notices) {
  Catalogue catalogue = *context.catalogue;
  catalogue.products.at(0).postpaid_prices = {{BusinessDay{20'788}, 5'000}};  // 2026-12-01
  host.settings().catalogue.products.at(0).postpaid_prices =
      catalogue.products.at(0).postpaid_prices;
  host.restart();
  context.catalogue = &catalogue;
  book.change(catalogue, *context.calendar);
  add_ready_account(database, "acme");
  top_up("acme", 5'000);
  buy("acme");
  use("acme", 30'000);
  EXPECT_EQ(both("acme"), "packs_exhausted");
  const Instant midnight = noon + Span::days(10) + Span::minutes(4 * 60);
  now = midnight - Span{1};
  EXPECT_EQ(both("acme"), "packs_exhausted");
  now = midnight;
  EXPECT_EQ(both("acme"), "postpaid");
  run_jobs();
  EXPECT_EQ(both("acme"), "postpaid");
}

// What commands, usage and jobs make of two accounts at random, looked at between them and, without
// any of them, at instants to come: HTTP and packctl say the same, and so does what is stored.
class RandomLives : public Entitlement, public ::testing::WithParamInterface<unsigned> {
 protected:
  RandomLives() {
    catalogue = *context.catalogue;
    Product& captcha = catalogue.products.at(0);
    captcha.postpaid_prices = {{BusinessDay{20'780}, 5'000}};  // 2026-11-23
    host.settings().catalogue.products.at(0).postpaid_prices = captcha.postpaid_prices;
    host.restart();
    captcha.tiers = {{"trial", 5, 0, true}, {"30k", 7, 20'000, false}};
    context.catalogue = &catalogue;
    book.change(catalogue, *context.calendar);
    for (const std::string name : {"acme", "beta"}) add_ready_account(database, name);
  }
  int pick(int count) { return std::uniform_int_distribution<int>(0, count - 1)(dice); }

  void refund_step() {
    const int packs = std::stoi(database.value("SELECT COUNT(*) FROM pack"));
    if (packs == 0) return;
    const PackId pack{static_cast<std::uint32_t>(1 + pick(packs))};
    const std::array steps{RefundStep::requested, RefundStep::requested, RefundStep::approved,
                           RefundStep::rejected,  RefundStep::ordered,   RefundStep::completed};
    const RefundStep step = steps[static_cast<std::size_t>(pick(6))];
    (void)take_refund_step(ledger, context,
                           {pack, step, step == RefundStep::rejected ? "no" : "", now},
                           new_request_id());
  }
  void act(const std::string& account) {
    const std::vector<std::string> names{account};
    switch (pick(10)) {
      case 0:
        (void)claim_trials(ledger, context, {"captcha", names, now}, new_request_id());
        break;
      case 1:
        buy(account);
        break;
      case 2:
        give_pack(account);
        break;
      case 3:
        refund_step();
        break;
      case 4:
        top_up(account, 5'000 * (1 + pick(8)));
        break;
      case 5:
        pay_all_debts(account);
        break;
      case 6:
        (void)switch_postpaid(ledger, context, {"captcha", names, pick(2) == 0, now},
                              new_request_id());
        break;
      case 7:
        run_jobs();
        break;
      default:
        use(account, 1 + pick(30));
    }
  }
  // One that ends soon, with all that follows.
  void give_pack(const std::string& account) {
    ledger.transact("pack", now, [&](LedgerTransaction& tx) {
      Pack pack;
      pack.id = PackId{value_of(tx.last_pack()) + 1};
      pack.account = tx.find_account(account)->id;
      pack.product = ProductId{1};
      pack.tier = "test";
      pack.quota = 1 + pick(6);
      pack.purchased_at = now;
      pack.effective_from = second_of(now);
      pack.expires_at = now + Span::days(1 + pick(9));
      AccountChanges changes(tx, context, {pack.account}, now);
      tx.add_packs(std::span(&pack, 1));
      changes.follow();
      return Verdict::commit;
    });
  }
  void pay_all_debts(const std::string& account) {
    const MoneyMicros owed = -std::stoll(database.value(
        "SELECT COALESCE(SUM(balance_micros), 0) FROM money_balance JOIN account USING (account_id)"
        " WHERE name = '" +
        account + "'"));
    if (owed > 0) top_up(account, owed);
  }
  // Now, and as if nothing happened for some time.
  void look() {
    const Instant present = now;
    for (const std::string name : {"acme", "beta"}) {
      const std::string answer = both(name);
      ++seen[answer];
      for (int i = 0; i < 4; ++i) {
        now = present + Span::minutes(60 * pick(24 * 20));
        ++seen[both(name)];
      }
      now = present;
      JobReport report;
      BillingJobs(ledger, store, context, {"test", 60, 0}).expire(now, report);
      EXPECT_EQ(both(name), answer);
      EXPECT_EQ(stored(name), answer);
    }
  }
  std::string stored(const std::string& account) {
    return database.value(
        "SELECT COALESCE((SELECT IF(reason = '', covered_by, reason) FROM service_change s JOIN"
        " account a ON a.account_id = s.account_id WHERE a.name = '" +
        account + "' ORDER BY s.seq DESC, s.change_no DESC LIMIT 1), 'never_activated')");
  }

  Catalogue catalogue;
  std::mt19937 dice{GetParam()};
  std::map<std::string, int> seen;
};

TEST_P(RandomLives, O9_O10_HTTP_packctl_and_the_ledger_say_the_same_at_every_instant) {
  for (int step = 0; step < 120 && !HasFailure(); ++step) {
    SCOPED_TRACE("seed " + std::to_string(GetParam()) + ", step " + std::to_string(step));
    act(pick(3) == 0 ? "beta" : "acme");
    if (pick(3) == 0) now = now + Span::minutes(60 * (1 + pick(40)));
    if (step % 3 == 0) look();
  }
  if (GetParam() > 2) return;  // what a random seed meets is random
  for (const std::string answer : {"packs", "postpaid", "arrears", "packs_exhausted"}) {
    EXPECT_GT(seen[answer], 0) << answer;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomLives, ::testing::Values(1U, 2U, std::random_device{}()));

}  // namespace
}  // namespace packwarden::testing
