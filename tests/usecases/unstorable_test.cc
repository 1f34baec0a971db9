#include <algorithm>

#include "usecases/ingest_world.h"

// One bad thing costs only itself: what the ledger cannot hold is set aside, and all else goes on.
namespace packwarden::testing {
namespace {

class U8_Unstorable : public IngestTest {
 protected:
  // The database refuses rows of the table for which this does not hold.
  void refuse(const std::string& table, const std::string& unless) {
    database.session().execute("ALTER TABLE " + table + " ADD CONSTRAINT odd CHECK (" + unless +
                               ")");
  }
  void mend(const std::string& table) {
    database.session().execute("ALTER TABLE " + table + " DROP CONSTRAINT odd");
  }
};

TEST_F(U8_Unstorable, OfABatchOfManyFilesTheOneFailsAndTheOthersAreTaken) {
  refuse("usage_file", "name NOT IN ('7.csv', '31.csv')");
  Host host(database, "h1");
  constexpr int files = 40;
  for (int i = 0; i < files; ++i) {
    host.drop(std::to_string(i) + ".csv", csv({{.id = std::to_string(i)}}));
  }
  host.run();
  EXPECT_EQ(host.files_in("failed").size(), 2u);
  EXPECT_EQ(used_of_all_packs(database), files - 2);
  EXPECT_EQ(host.receipt_value("7.csv", "outcome"), "failed");
  const std::string why = host.receipt_value("7.csv", "reason");
  EXPECT_EQ(why.find("the ledger cannot hold it: the database cannot hold a value: "), 0u) << why;
  EXPECT_NE(why.find("(4025)"), std::string::npos) << why;
  for (int i = 0; i < files; ++i) {
    if (i == 7 || i == 31) continue;
    EXPECT_EQ(host.receipt_value(std::to_string(i) + ".csv", "outcome"), "taken") << i;
  }
  EXPECT_TRUE(host.files_in("work").empty());
}

TEST_F(U8_Unstorable, UnitsBeforeItStandAndTheFileGoesOnOnceItsCauseIsGone) {
  refuse("rating_unit", "unit_no <> 2");
  Host host(database, "h1", 2);
  std::vector<Line> lines;
  for (int i = 0; i < 9; ++i) lines.push_back({.id = "a" + std::to_string(i)});
  host.drop("a.csv", csv(lines));
  host.drop("b.csv", csv({{.id = "b"}}));
  host.run();
  EXPECT_EQ(used_of_all_packs(database), 5);
  EXPECT_EQ(host.receipt_value("a.csv", "accepted"), "4");
  EXPECT_EQ(host.receipt_value("a.csv", "outcome"), "failed");
  EXPECT_NE(host.receipt_value("a.csv", "reason").find("; what stands before line 6 is committed"),
            std::string::npos);
  EXPECT_EQ(host.receipt_value("b.csv", "outcome"), "taken");

  mend("rating_unit");
  host.drop("copy.csv", csv(lines));
  host.run();
  EXPECT_EQ(used_of_all_packs(database), 10);
  EXPECT_EQ(database.value("SELECT MAX(is_last) FROM rating_unit WHERE unit_no = 4"), "1");
}

TEST_F(U8_Unstorable, KeysAndPacksInMemoryAreAsTheLedgerSays) {
  refuse("usage_file", "name <> 'a.csv'");
  Host host(database, "h1");
  host.drop("a.csv", csv({{.id = "1", .quantity = "900"}}));
  host.run();
  EXPECT_EQ(host.ingest().books().index().size(), 0u);
  host.drop("b.csv", csv({{.id = "1", .quantity = "950"}}));
  host.run();
  EXPECT_EQ(host.receipt_value("b.csv", "accepted"), "1") << "the failed file holds no id";
  EXPECT_EQ(used_of_all_packs(database), 950);
}

TEST_F(U8_Unstorable, WhatIsAwayIsWaitedForInstead) {
  Host host(database, "h1");
  host.drop("a.csv", csv({{.id = "1"}}));
  database.session().execute("RENAME TABLE ledger_entry TO away");  // 1146: the database's fault
  EXPECT_THROW(host.run(), LedgerUnavailable);
  EXPECT_TRUE(host.files_in("failed").empty());
  database.session().execute("RENAME TABLE away TO ledger_entry");
  host.run();
  EXPECT_EQ(host.receipt_value("a.csv", "outcome"), "taken");
}

}  // namespace
}  // namespace packwarden::testing
