#include "usecases/entitlement_book.h"

#include <gtest/gtest.h>

#include <random>

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
    EntitlementRow expected;
    const Account found = *reports.find_account(account);
    for (const auto& row : entitlements_of(reports.standing(found.main()), now)) expected = row;
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
  EntitlementBook book{*context.catalogue, [this] { return now; }};
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
  EXPECT_EQ(both("acme"), "trial_exhausted");
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
    EntitlementBook fresh(*context.catalogue, [this] { return now; });
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

}  // namespace
}  // namespace packwarden::testing
