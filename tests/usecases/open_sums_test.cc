#include "domain/open_sum.h"
#include "store/job_rows.h"
#include "usecases/billing_jobs.h"
#include "usecases/ingest_world.h"

// U2, S2: what could never be charged is rejected when it comes, over files, hosts and restarts.
namespace packwarden::testing {
namespace {

constexpr Units most = 1'000'000'000'000;  // of one record
constexpr MoneyMicros shipped_price = 5'000;

class U2_OpenSumOfTheLedger : public IngestTest {
 protected:
  void SetUp() override {
    IngestTest::SetUp();
    add_ready_account(database, "beta");
    add_pack(database, "beta", 100);
    for (const char* account : {"acme", "beta"}) {
      add_postpaid(database, account, PostpaidStep::on, noon - Span::days(2));
    }
  }
  // So many lines of the largest quantity.
  static std::string usage(const std::string& prefix, int count,
                           const std::string& account = "acme") {
    std::vector<Line> lines;
    for (int i = 0; i < count; ++i) {
      lines.push_back(
          {.id = prefix + std::to_string(i), .account = account, .quantity = std::to_string(most)});
    }
    return csv(lines);
  }
  static int accepted(const Host& host, const std::string& name) {
    return std::stoi(host.receipt_value(name, "accepted"));
  }
  static void set_price(Host& host, MoneyMicros micros) {
    host.settings().catalogue.products.at(0).postpaid_prices = {{beginning_of_days, micros}};
    host.restart();
  }
  JobReport settle(Instant at, MoneyMicros price = shipped_price) {
    BillingContext context = shipped_billing(database);
    Catalogue catalogue = *context.catalogue;
    catalogue.products.at(0).postpaid_prices = {{beginning_of_days, price}};
    context.catalogue = &catalogue;
    MySqlLedger ledger{database.address()};
    MySqlJobStore store{database.address()};
    BillingJobs jobs(ledger, store, context, {"test", 60, 0});
    JobReport report;
    jobs.settle(at, report);
    return report;
  }
  std::string charged() {
    return database.value(
        "SELECT COALESCE(GROUP_CONCAT(a.name, ' ', c.units ORDER BY a.name), '') FROM charge c JOIN"
        " account a USING (account_id)");
  }
};

TEST_F(U2_OpenSumOfTheLedger, ARecordThatNoChargeCouldHoldIsRejectedAloneAndAllOthersAreCharged) {
  Host host(database, "h1");
  set_price(host, 10'000'000);
  host.drop("a.csv", usage("a", 1));
  host.drop("b.csv", csv({{.id = "b1", .account = "beta", .quantity = "101"}}));
  host.run();
  EXPECT_EQ(host.receipt_value("a.csv", "rejected"), R"({"out_of_range":1})");
  EXPECT_NE(host.rejects("a.csv").find("a0,gate,acme"), std::string::npos);
  EXPECT_EQ(host.receipt_value("b.csv", "accepted"), "1");
  EXPECT_EQ(settle(noon + Span::days(1), 10'000'000).bills, 1);
  EXPECT_EQ(charged(), "beta 1");
}

TEST_F(U2_OpenSumOfTheLedger, TwoThousandLargestRecordsInOneFile) {
  Host host(database, "h1");
  host.drop("a.csv", usage("a", 2'000));
  host.run();
  EXPECT_EQ(accepted(host, "a.csv"), 800) << "the pack counts for nothing in this";
  EXPECT_EQ(settle(noon + Span::days(1)).bills, 1);
  EXPECT_EQ(charged(), "acme " + std::to_string(800 * most - 1'000));
}

TEST_F(U2_OpenSumOfTheLedger, TwoThousandLargestRecordsOverTwoFilesAndWhatIsOwedFromThenOn) {
  Host host(database, "h1");
  host.drop("1.csv", usage("a", 700));
  host.run();
  host.drop("2.csv", usage("b", 1'300));
  host.drop("3.csv", usage("c", 1, "beta"));
  host.run();
  EXPECT_EQ(accepted(host, "1.csv"), 700);
  EXPECT_EQ(accepted(host, "2.csv"), 100) << "700 less what the pack took are open";
  EXPECT_EQ(accepted(host, "3.csv"), 1);
  EXPECT_EQ(settle(noon + Span::days(1)).bills, 2);
  const Instant later = noon + Span::days(1);
  host.drop("4.csv", csv({{.id = "d", .time = "2026-11-21T11:00:00Z", .quantity = "1001"},
                          {.id = "e", .time = "2026-11-21T11:00:00Z", .quantity = "1000"}}));
  host.run(later);
  EXPECT_EQ(host.receipt_value("4.csv", "rejected"), R"({"out_of_range":1})")
      << "it owes all but 1,000 units";
}

TEST_F(U2_OpenSumOfTheLedger, UnitsOfOneTransactionSeeEachOther) {
  Host host(database, "h1", 100);
  host.drop("1.csv", usage("a", 500));
  host.drop("2.csv", usage("b", 500));
  host.run();
  EXPECT_EQ(accepted(host, "1.csv") + accepted(host, "2.csv"), 800);
}

TEST_F(U2_OpenSumOfTheLedger, IsThatOfAllHostsAndHoldsOverARestart) {
  Host one(database, "h1");
  Host two(database, "h2");
  one.drop("1.csv", usage("a", 500));
  one.run();
  two.drop("2.csv", usage("b", 500));
  two.run();
  EXPECT_EQ(accepted(one, "1.csv"), 500);
  EXPECT_EQ(accepted(two, "2.csv"), 300) << "caught up on under the lock";
  one.restart();
  one.drop("3.csv", usage("c", 5));
  one.run();
  EXPECT_EQ(accepted(one, "3.csv"), 0);
}

TEST_F(U2_OpenSumOfTheLedger, ABalanceFarBelowZeroLeavesNoRoomAndATopUpMakesSome) {
  database.session().execute(
      "INSERT INTO money_balance (account_id, balance_micros) VALUES (1, -3999999999999990000)");
  Host host(database, "h1");
  const auto use = [&](const std::string& id, const std::string& units) {
    host.drop(id + ".csv", csv({{.id = id, .quantity = units}}));
    host.run();
    return accepted(host, id + ".csv");
  };
  EXPECT_EQ(use("a", "3"), 0);
  EXPECT_EQ(use("b", "2"), 1);
  database.session().execute("UPDATE money_balance SET balance_micros = balance_micros + 5000");
  EXPECT_EQ(use("c", "3"), 1);
  EXPECT_EQ(use("d", "4"), 0) << "the pack still covers all of it";
}

TEST_F(U2_OpenSumOfTheLedger, AReloadWithAnotherPriceCountsAtThatPrice) {
  Host host(database, "h1");
  host.drop("1.csv", usage("a", 2));
  host.run();
  EXPECT_EQ(accepted(host, "1.csv"), 2);
  Settings dearer = host.settings();
  dearer.catalogue = *shipped_billing(database).catalogue;  // with its ids
  dearer.catalogue.products.at(0).postpaid_prices = {{beginning_of_days, 1'999'999}};
  host.change(dearer);
  host.drop("2.csv", csv({{.id = "b", .quantity = "5000000"}, {.id = "c", .quantity = "1"}}));
  host.run();
  EXPECT_EQ(host.receipt_value("2.csv", "rejected"), R"({"out_of_range":1})");
}

TEST_F(U2_OpenSumOfTheLedger, WhatIsVoidedIsOpenNoMore) {
  Host host(database, "h1");
  host.drop("1.csv", usage("a", 800));
  host.run();
  MySqlLedger ledger{database.address()};
  ledger.transact("void", Instant::earliest(), [&](LedgerTransaction& tx) {
    const auto digest = database.value("SELECT HEX(digest) FROM usage_file");
    Digest bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      bytes[i] = static_cast<std::uint8_t>(std::stoi(digest.substr(2 * i, 2), nullptr, 16));
    }
    tx.add_void(bytes, {noon, "wrong"});
    return Verdict::commit;
  });
  host.drop("2.csv", usage("b", 800));
  host.run();
  EXPECT_EQ(accepted(host, "2.csv"), 800);
}

}  // namespace
}  // namespace packwarden::testing
