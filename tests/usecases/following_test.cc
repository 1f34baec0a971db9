// What others append to the ledger is read before its lock is taken.

#include "usecases/ingest_world.h"

namespace packwarden::testing {
namespace {

using Following = IngestTest;

TEST_F(Following, U3_an_idle_daemon_follows_others_without_the_lock) {
  Host idle(database, "h1");
  Host busy(database, "h2");
  idle.run();
  busy.drop("a.csv", csv({{.id = "1", .quantity = "600"}, {.id = "2"}}));
  busy.run();
  for (int i = 0; i < 120; ++i) add_account(database, "later-" + std::to_string(i));

  Session holder = database.connect();
  Transaction held(holder);
  holder.query("SELECT seq FROM ledger_sequence WHERE id = 1 FOR UPDATE");
  idle.ingest().follow();
  EXPECT_EQ(std::to_string(idle.ingest().books().sequence()),
            database.value("SELECT seq FROM ledger_sequence"));
  EXPECT_EQ(idle.ingest().books().index().size(), 2U);
  EXPECT_NE(idle.ingest().books().directory()->find("later-119"), nullptr);
}

TEST_F(Following, U3_P3_what_was_followed_is_decided_upon) {
  Host idle(database, "h1");
  Host busy(database, "h2");
  idle.run();
  busy.drop("a.csv", csv({{.id = "1", .quantity = "600"}, {.id = "2"}}));
  busy.run();
  idle.ingest().follow();
  idle.drop("b.csv", csv({{.id = "1", .quantity = "600"}, {.id = "3", .quantity = "500"}}));
  idle.run();
  EXPECT_EQ(idle.receipt_value("b.csv", "duplicate"), "1");
  EXPECT_EQ(idle.receipt_value("b.csv", "units"),
            R"({"accepted":500,"drawn":399,"overage":0,"overrun":101,"not_billable":0})");
  EXPECT_EQ(used_of_all_packs(database), 1'000);
}

}  // namespace
}  // namespace packwarden::testing
