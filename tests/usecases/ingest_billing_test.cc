#include "usecases/ingest_world.h"

// What ingest does by the rules of billing, on real files and a real server.
namespace packwarden::testing {
namespace {

using B2_Meter = IngestTest;
using B3_Integration = IngestTest;
using B6_SubAccount = IngestTest;
using O5_Overage = IngestTest;
using O9_Service = IngestTest;
using O11_Closing = IngestTest;

TEST_F(B2_Meter, OutsideItsDatesIsKeptAndDrawsNothing) {
  Host host(database, "h1");
  host.drop("a.csv", csv({{.id = "1", .meter = "ticket_check", .quantity = "5"}}));
  host.run();
  EXPECT_EQ(used_of_all_packs(database), 0);
  EXPECT_EQ(database.value("SELECT units FROM ledger_entry WHERE outcome = 4"), "5");
  host.drop("b.csv", csv({{.id = "1", .meter = "ticket_check", .quantity = "5"}, {.id = "2"}}));
  host.run();
  EXPECT_EQ(host.receipt_value("b.csv", "duplicate"), "1") << "not billable records hold their ids";
}

TEST_F(B3_Integration, UsageBeforeTheLaterOfBothIsKeptAndDrawsNothing) {
  Host host(database, "h1");
  add_account(database, "new");
  add_pack(database, "new", 100);
  const auto use = [](const char* id, const char* time, const char* quantity) {
    return Line{.id = id, .account = "new", .time = time, .quantity = quantity};
  };
  learn_fact(database, "new", AccountFactKind::client_integrated, noon - Span::minutes(120));
  host.drop("a.csv", csv({use("1", "2026-11-20T11:00:00Z", "1")}));
  host.run();
  learn_fact(database, "new", AccountFactKind::server_integrated, noon - Span::minutes(60));
  host.drop("b.csv",
            csv({use("2", "2026-11-20T10:59:59.999999Z", "2"),
                 use("3", "2026-11-20T11:00:00Z", "4"), use("4", "2026-11-20T09:00:00Z", "8")}));
  host.run();
  EXPECT_EQ(used_of_all_packs(database), 4) << "the instant itself is billable";
  EXPECT_EQ(database.value("SELECT SUM(units) FROM ledger_entry WHERE outcome = 5"), "11");
  EXPECT_EQ(host.receipt_value("b.csv", "not_billable"), R"({"integration":2})");
  EXPECT_EQ(host.receipt_value("a.csv", "not_billable"), R"({"integration":1})");
}

TEST_F(B3_Integration, P5_CountsFromTheBeginningOfItsSecond) {
  Host host(database, "h1");
  add_account(database, "new");
  add_pack(database, "new", 100);
  const Instant at = noon - Span::minutes(60) + Span{999'999'000};
  learn_fact(database, "new", AccountFactKind::client_integrated, at - Span::minutes(1));
  learn_fact(database, "new", AccountFactKind::server_integrated, at);
  const auto use = [](const char* id, const char* time, const char* quantity) {
    return Line{.id = id, .account = "new", .time = time, .quantity = quantity};
  };
  host.drop("a.csv", csv({use("1", "2026-11-20T10:59:59.999999Z", "2"),
                          use("2", "2026-11-20T11:00:00Z", "4")}));
  host.run();
  EXPECT_EQ(used_of_all_packs(database), 4);
  EXPECT_EQ(host.receipt_value("a.csv", "not_billable"), R"({"integration":1})");
}

TEST_F(O5_Overage, IsWhatNoPackCoversWhilePostpaidIsOn) {
  Host host(database, "h1");
  add_pack(database, "acme", 10);
  add_postpaid(database, "acme", PostpaidStep::on, noon - Span::minutes(60));
  add_postpaid(database, "acme", PostpaidStep::off, noon - Span::minutes(30));
  const auto use = [](const char* id, const char* time, const char* quantity) {
    return Line{.id = id, .time = time, .quantity = quantity};
  };
  host.drop(
      "a.csv",
      csv({use("1", "2026-11-20T10:00:00Z", "1010"), use("2", "2026-11-20T10:59:59.999999Z", "1"),
           use("3", "2026-11-20T11:00:00Z", "2"), use("4", "2026-11-20T11:29:59Z", "4"),
           use("5", "2026-11-20T11:30:00Z", "8")}));
  host.run();
  EXPECT_EQ(used_of_all_packs(database), 1010);
  EXPECT_EQ(host.receipt_value("a.csv", "units"),
            R"({"accepted":1025,"drawn":1010,"overage":6,"overrun":9,"not_billable":0})");
  EXPECT_EQ(database.value("SELECT CONCAT(business_day, ' ', units) FROM open_overage"),
            "2026-11-20 6");
}

TEST_F(O9_Service, StopsInTheTransactionThatTakesTheLastUnit) {
  Host host(database, "h1");
  host.drop("a.csv", csv({{.id = "1", .quantity = "999"}}));
  host.run();
  EXPECT_EQ(database.value("SELECT COUNT(*) FROM service_change"), "0");
  host.drop("b.csv", csv({{.id = "2", .quantity = "2"}}));
  host.run();
  EXPECT_EQ(database.value("SELECT CONCAT(c.reason, c.seq = u.seq) FROM service_change c JOIN"
                           " rating_unit u WHERE u.accepted_units = 2"),
            "packs_exhausted1");
  EXPECT_EQ(database.value("SELECT exhausted_at FROM pack_balance"), "2026-11-20 12:00:00.000000");
}

TEST_F(O11_Closing, UsageFromTheClosingOnIsRejectedAndEarlierUsageIsRated) {
  Host host(database, "h1");
  host.drop("a.csv", csv({{.id = "1", .time = "2026-11-20T11:30:00Z"}}));
  host.run();
  learn_fact(database, "acme", AccountFactKind::closed, noon - Span::minutes(60));
  host.drop("b.csv", csv({{.id = "2", .time = "2026-11-20T10:59:59Z"},
                          {.id = "3", .time = "2026-11-20T11:00:00Z"},
                          {.id = "4", .account = "acme-shop", .time = "2026-11-20T11:00:00Z"}}));
  host.run();
  EXPECT_EQ(host.receipt_value("b.csv", "rejected"), R"({"closed_account":2})");
  EXPECT_EQ(used_of_all_packs(database), 2);
}

TEST_F(O11_Closing, ABatchThatWasReadBeforeIsReadAgain) {
  Host host(database, "h1", 1'000'000, 1);
  host.drop("1.csv", csv({{.id = "1"}}));
  host.drop("a.csv", csv({{.id = "2"}}));
  ASSERT_TRUE(host.round());  // the second file is read while the first one is committed
  learn_fact(database, "acme", AccountFactKind::closed, noon - Span::minutes(60));
  host.run();
  EXPECT_EQ(host.receipt_value("a.csv", "rejected"), R"({"closed_account":1})");
}

TEST_F(B6_SubAccount, DrawsFromItsMainAccountAndStaysVisible) {
  Host host(database, "h1");
  host.drop("a.csv", csv({{.id = "1", .quantity = "3"},
                          {.id = "2", .account = "acme-shop", .quantity = "4"}}));
  host.run();
  EXPECT_EQ(used_of_all_packs(database), 7);
  EXPECT_EQ(database.value("SELECT GROUP_CONCAT(account_id, ':', used_by_account_id, ':', units "
                           "ORDER BY units) FROM ledger_entry"),
            "1:1:3,1:2:4");
}

}  // namespace
}  // namespace packwarden::testing
