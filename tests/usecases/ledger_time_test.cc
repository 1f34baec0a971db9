#include <gtest/gtest.h>

#include "usecases/money_commands.h"
#include "usecases/pack_commands.h"
#include "usecases/postpaid_commands.h"
#include "usecases/world.h"

// Everything is decided as of the instant of the transaction, never as of one that was read when a
// round or a command began (docs/LEDGER.md).
namespace packwarden::testing {
namespace {

class Now : public ::testing::Test {
 protected:
  Now() {
    add_ready_account(database, "acme");
    EXPECT_TRUE(top_up_balance(ledger, context, {"acme", 1'000'000'000, "t", bought_at}, "t"));
    buy("p-1", bought_at);
    switch_off();
    host.drop("most.csv", csv({{.id = "1", .quantity = "29993"}}));
    host.run(noon);
  }
  void buy(const std::string& payment, Instant at) {
    const std::vector<std::string> buyers{"acme"};
    EXPECT_TRUE(buy_packs(ledger, context, {"captcha", buyers, at, payment}, "30k", payment));
  }
  void switch_off() {
    const std::vector<std::string> names{"acme"};
    EXPECT_TRUE(
        switch_postpaid(ledger, context, {"captcha", names, false, bought_at}, new_request_id()));
  }
  std::string state() {
    return database.value(
        "SELECT CONCAT(covered_by, reason) FROM service_change ORDER BY seq DESC,"
        " change_no DESC LIMIT 1");
  }

  const Instant bought_at = noon - Span::days(1);
  TestDatabase database;
  BillingContext context = shipped_billing(database);
  MySqlLedger ledger{database.address()};
  Host host{database, "h1"};
};

// As a host whose clock is a little behind, or a round that began before the purchase.
TEST_F(Now, O9_O10_a_pack_that_was_bought_before_the_commit_counts) {
  buy("p-2", noon + Span::seconds(2));
  switch_off();
  host.drop("rest.csv", csv({{.id = "2", .quantity = "7"}}));
  host.run(noon);
  EXPECT_EQ(state(), "packs");
  EXPECT_EQ(database.value("SELECT COUNT(*) FROM notice WHERE kind = 'service_stopped'"), "0");
  EXPECT_EQ(database.value("SELECT exhausted_at FROM pack_balance WHERE pack_id = 1"),
            "2026-11-20 12:00:02.000000");
}

TEST_F(Now, O9_O11_an_account_that_was_closed_stays_closed) {
  learn_fact(database, "acme", AccountFactKind::closed, noon + Span::seconds(2));
  const TopUpOrder order{"acme", 5, "after", noon + Span::seconds(2)};
  ASSERT_TRUE(top_up_balance(ledger, context, order, "after"));
  ASSERT_EQ(state(), "noneclosed_account");
  const TopUpOrder earlier{"acme", 5, "a-clock-behind", noon};
  ASSERT_TRUE(top_up_balance(ledger, context, earlier, "a-clock-behind"));
  EXPECT_EQ(state(), "noneclosed_account");
}

}  // namespace
}  // namespace packwarden::testing
