#include <gtest/gtest.h>

#include "usecases/backup.h"
#include "usecases/entitlement_book.h"
#include "usecases/money_commands.h"
#include "usecases/world.h"

namespace packwarden::testing {
namespace {

// A daemon lives while its database is restored: what it has in memory is of another history.
class Restored : public ::testing::Test {
 protected:
  Restored() {
    add_ready_account(database, "acme");
    add_pack(database, "acme", 10'000);
    use("before.csv", "1", 100);
  }
  void use(const std::string& name, const std::string& id, int units) {
    host.drop(name, csv({{.id = id, .quantity = std::to_string(units)}}));
    host.run();
  }
  // Another process, which knows nothing of what was lost.
  void top_up() {
    const TopUpOrder order{"acme", 5, "r-" + std::to_string(++top_ups), noon};
    ASSERT_TRUE(top_up_balance(other, context, order, new_request_id()));
  }
  std::string used() { return database.value("SELECT used_units FROM pack_balance"); }
  std::string drawn() {
    return database.value("SELECT SUM(units) FROM ledger_entry WHERE outcome = 1");
  }

  TestDatabase database;
  BillingContext context = shipped_billing(database);
  Host host{database, "h1"};
  MySqlLedger other{database.address()};
  int top_ups = 0;
};

TEST_F(Restored, U8_nothing_is_decided_while_the_database_is_behind) {
  Backup backup(database);
  use("lost.csv", "2", 1'000);
  backup.restore();
  host.drop("next.csv", csv({{.id = "3", .quantity = "5"}}));
  EXPECT_THROW(host.run(), LedgerBehind);
  EXPECT_THROW(host.run(), LedgerBehind) << "however often";
  EXPECT_THROW(host.ingest().look(), LedgerBehind);
  EXPECT_EQ(used(), "100");
}

TEST_F(Restored, U3_U8_lost_usage_is_charged_when_it_is_sent_again) {
  Backup backup(database);
  use("lost.csv", "2", 1'000);
  backup.restore();
  top_up();
  host.drop("next.csv", csv({{.id = "3", .quantity = "5"}}));
  EXPECT_THROW(host.run(), OtherHistory);
  host.ingest().load();
  host.run();
  use("lost again.csv", "2", 1'000);
  EXPECT_EQ(host.receipt_value("lost again.csv", "accepted"), "1");
  EXPECT_EQ(used(), "1105");
  EXPECT_EQ(drawn(), used());
}

TEST_F(Restored, U8_also_where_it_has_gone_past_what_the_daemon_knew) {
  Backup backup(database);
  use("lost.csv", "2", 1'000);
  backup.restore();
  for (int i = 0; i < 5; ++i) top_up();
  host.drop("next.csv", csv({{.id = "3", .quantity = "5"}}));
  EXPECT_THROW(host.run(), OtherHistory);
  host.ingest().load();
  host.run();
  EXPECT_EQ(used(), "105");
  EXPECT_EQ(drawn(), used());
}

// What one connection has seen holds for all of them: a moved one must not answer from an older
// server.
TEST_F(Restored, O9_entitlements_take_over_nothing_older) {
  EntitlementBook book(*context.catalogue, *context.calendar, [] { return noon; });
  MySqlLedger ledger(database.address());
  book.take_over(ledger.changes_after(Follower::entitlements, 0));
  Backup backup(database);
  top_up();
  book.take_over(ledger.changes_after(Follower::entitlements, book.sequence()));
  backup.restore();
  EXPECT_THROW(ledger.changes_after(Follower::entitlements, book.sequence()), LedgerBehind);
  Changes older;
  older.sequence = book.sequence() - 1;
  EXPECT_THROW(book.take_over(older), std::logic_error);
}

}  // namespace
}  // namespace packwarden::testing
