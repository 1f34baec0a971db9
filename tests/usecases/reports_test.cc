#include <gmock/gmock.h>

#include <sstream>

#include "store/deployment.h"
#include "store/mysql_ledger.h"
#include "store/mysql_reports.h"
#include "support/test_database.h"
#include "usecases/account_commands.h"
#include "usecases/canonical_export.h"
#include "usecases/money_commands.h"
#include "usecases/pack_commands.h"
#include "usecases/world.h"

namespace packwarden {
namespace {

using ::testing::HasSubstr;

const Instant noon = Instant::from_micros(1'700'020'800'000'000);

// Two accounts, a sub-account, a trial and a pack; what was used is written as ingest would.
class ReportsTest : public ::testing::Test {
 protected:
  ReportsTest() {
    Product product;
    product.name = "captcha";
    product.meters = {{MeterId{}, "verification"}};
    product.tiers = {{"trial", 100, 0, true}, {"30k", 30'000, 300'000'000, false}};
    catalogue.products.push_back(product);
    intern_catalogue(database.session(), catalogue);
    const std::vector<std::string> names{"zeta", "acme"};
    const std::vector<std::string> subs{"acme-web"};
    const std::vector<std::string> buyers{"acme"};
    add_accounts(ledger, names, "en", Instant::earliest(), "1");
    add_sub_accounts(ledger, "acme", subs, Instant::earliest(), "2");
    claim_trials(ledger, context, {"captcha", buyers, noon}, "3");
    learn(ledger, context, buyers, std::array{AccountFactKind::identity_verified}, noon, "4");
    top_up_balance(ledger, context, {"acme", 400'000'000, "bank-1", noon}, "5");
    buy_packs(ledger, context, {"captcha", buyers, noon}, "30k", "6");
    database.session().execute(
        "INSERT INTO ledger_entry VALUES (5, 1, 2, 3, 1, '2023-11-16', 1, 1, 60),"
        " (6, 1, 2, 3, 1, '2023-11-16', 1, 1, 40), (6, 2, 2, 2, 1, '2023-11-17', 1, 2, 7),"
        " (6, 3, 1, 1, 1, '2023-11-17', 3, 0, 9)");
    database.session().execute("UPDATE pack_balance SET used_units = 100 WHERE pack_id = 1");
    database.session().execute("UPDATE pack_balance SET used_units = 7 WHERE pack_id = 2");
    database.session().execute(
        "INSERT INTO notice VALUES (1, 'pack_used_up', 100, 2, 1, 'due', 100, UTC_TIMESTAMP(6), "
        "6)");
  }
  Account account(const std::string& name) { return reports.find_account(name).value(); }

  TestDatabase database;
  MySqlLedger ledger{database.address()};
  MySqlReports reports{database.address()};
  Catalogue catalogue;
  BusinessCalendar calendar = BusinessCalendar::for_zone("Asia/Shanghai").value();
  BillingContext context{&catalogue, &calendar, testing::shipped_notices()};
};

TEST_F(ReportsTest, canonical_export_has_neither_ids_nor_clock) {
  std::ostringstream out;
  export_canonical(reports, out);
  EXPECT_EQ(out.str(),
            "account\tacme\t-\tidentity_verified\n"
            "account\tacme-web\tacme\t-\n"
            "account\tzeta\t-\t-\n"
            "balance\tacme\t100000000\n"
            "journal\tacme\ttop_up\tbank-1\t400000000\n"
            "journal\tacme\tpurchase\t30k\t-300000000\n"
            "notice\tacme\tcaptcha\t1\tpack_used_up\t100\tdue\n"
            "pack\tacme\tcaptcha\ttrial\t1\t100\t100\n"
            "pack\tacme\tcaptcha\t30k\t2\t30000\t7\n"
            "service\tacme\tcaptcha\tpacks\t-\n"
            "usage\tacme\tacme\tcaptcha\tverification\t2023-11-17\tdrawn\t2\t7\n"
            "usage\tacme\tacme-web\tcaptcha\tverification\t2023-11-16\tdrawn\t1\t100\n"
            "usage\tzeta\tzeta\tcaptcha\tverification\t2023-11-17\toverrun\t-\t9\n");
}

TEST_F(ReportsTest, canonical_export_escapes_names) {
  database.session().execute("UPDATE account SET name = 'a\\tb\\nc\\\\d' WHERE name = 'zeta'");
  std::ostringstream out;
  export_canonical(reports, out);
  EXPECT_THAT(out.str(), HasSubstr("account\ta\\tb\\nc\\\\d\t-\t-\n"));
}

TEST_F(ReportsTest, P6_balances_and_journals) {
  const auto balances = reports.balances(std::nullopt);
  ASSERT_EQ(balances.size(), 2U);  // of main accounts
  EXPECT_EQ(balances[0].account, "acme");
  EXPECT_EQ(balances[0].balance_micros, 100'000'000);
  EXPECT_EQ(balances[1].balance_micros, 0);
  const auto journals = reports.journals(account("acme").id, 1);
  ASSERT_EQ(journals.size(), 1U);
  EXPECT_EQ(journals[0].kind, "purchase");
  EXPECT_EQ(journals[0].reference, "30k");
  EXPECT_EQ(journals[0].amount_micros, -300'000'000);
  EXPECT_EQ(journals[0].balance_micros, 100'000'000);
  EXPECT_EQ(journals[0].booked_at, noon);
}

TEST_F(ReportsTest, P6_each_journal_has_the_balance_after_it_of_all_journals) {
  top_up_balance(ledger, context, {"acme", 7, "bank-2", noon}, "7");
  const auto journals = reports.journals(account("acme").id, 50);
  ASSERT_EQ(journals.size(), 3U);
  EXPECT_EQ(journals[0].amount_micros, 400'000'000);
  EXPECT_EQ(journals[0].balance_micros, 400'000'000);
  EXPECT_EQ(journals[1].amount_micros, -300'000'000);
  EXPECT_EQ(journals[1].balance_micros, 100'000'000);
  EXPECT_EQ(journals[2].amount_micros, 7);
  EXPECT_EQ(journals[2].balance_micros, 100'000'007);
  EXPECT_EQ(reports.journals(account("acme").id, 1).at(0).balance_micros, 100'000'007);
}

TEST_F(ReportsTest, sums_beyond_64_bits_are_held_and_stop_no_report) {
  database.session().execute(
      "INSERT INTO ledger_entry VALUES (7, 1, 1, 1, 1, '2023-11-17', 3, 0, 9000000000000000000),"
      " (8, 1, 1, 1, 1, '2023-11-17', 3, 0, 9000000000000000000)");
  database.session().execute(
      "INSERT INTO rating_unit VALUES (REPEAT('a', 32), 0, 7, 0, 0, 1, 0, 0, 0, 0,"
      " 9000000000000000000, 0, 0, 9000000000000000000, 0, 0, 0, UTC_TIMESTAMP(6)),"
      " (REPEAT('b', 32), 0, 8, 0, 0, 1, 0, 0, 0, 0, 9000000000000000000, 0, 0,"
      " 9000000000000000000, 0, 0, 0, UTC_TIMESTAMP(6))");
  const auto usage = reports.usage(account("zeta"));
  ASSERT_EQ(usage.size(), 1U);
  EXPECT_EQ(usage[0].units, INT64_MAX);
  EXPECT_EQ(reports.status().accepted_units, INT64_MAX);
  EXPECT_EQ(reports.status().overrun_units, INT64_MAX);
  std::ostringstream out;
  export_canonical(reports, out);
  EXPECT_THAT(out.str(), HasSubstr("overrun\t-\t9223372036854775807\n"));
  const UsageOrigin origin = reports.origin(account("zeta"), usage[0].day);
  EXPECT_EQ(origin.figures.at(0).usage.units, INT64_MAX);
}

TEST_F(ReportsTest, P5_what_is_unused_of_a_pack_that_is_over_or_frozen_is_not_usable) {
  const PackRow pack = reports.packs(std::nullopt).at(1);
  EXPECT_EQ(pack.unused(), 29'993);
  EXPECT_EQ(pack.usable_at(noon), 29'993);
  EXPECT_EQ(pack.usable_at(pack.expires_at), 0);
  PackRow frozen = pack;
  frozen.refund = RefundStep::requested;
  EXPECT_EQ(frozen.usable_at(noon), 0);
  frozen.refund = RefundStep::completed;
  EXPECT_EQ(frozen.usable_at(noon), 0);
}

TEST_F(ReportsTest, accounts_and_packs) {
  const auto accounts = reports.accounts();
  ASSERT_EQ(accounts.size(), 3U);
  EXPECT_EQ(accounts[1].name, "acme-web");
  EXPECT_EQ(accounts[1].parent, "acme");
  const auto packs = reports.packs(std::nullopt);
  ASSERT_EQ(packs.size(), 2U);
  EXPECT_EQ(packs[0].unused(), 0);
  EXPECT_EQ(packs[1].effective_from, noon);
  EXPECT_TRUE(reports.packs(account("zeta").id).empty());
}

TEST_F(ReportsTest, B6_usage_is_summed_and_shown_by_sub_account) {
  const auto all = reports.usage(account("acme"));
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[1].used_by, "acme-web");
  EXPECT_EQ(all[1].units, 100);
  EXPECT_EQ(to_string(all[1].day), "2023-11-16");
  EXPECT_EQ(reports.usage(account("acme-web")).size(), 1U);
}

TEST_F(ReportsTest, the_last_entries_oldest_first) {
  const auto rows = reports.entries(account("acme"), 2);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].usage.units, 40);
  EXPECT_EQ(rows[0].tier, "trial");
  EXPECT_EQ(rows[1].usage.units, 7);
  EXPECT_EQ(rows[1].sequence, 6U);
}

TEST_F(ReportsTest, rejects_count_conflicts_among_the_reasons) {
  const std::string digest = "REPEAT(CHAR(1), 32)";
  database.session().execute("INSERT INTO usage_file VALUES (" + digest +
                             ", 's', 'c', 'a.csv', 1, '2023-11-15', 'd', 9, 7)");
  database.session().execute("INSERT INTO unit_reason VALUES (" + digest +
                             ", 1, 'rejected', 'too_old', 3)");
  database.session().execute(
      "INSERT INTO rating_unit (digest, unit_no, seq, end_offset_bytes, end_line, is_last,"
      " data_lines, accepted_records, duplicate_records, conflict_records, accepted_units,"
      " drawn_units, overage_units, overrun_units, not_billable_units, first_entry_no, entry_count,"
      " finished_at) VALUES (" +
      digest + ", 1, 7, 1, 1, 1, 5, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, '2023-11-15')");
  const auto rows = reports.rejects();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].records,
            (std::map<std::string, std::int64_t>{{"conflict", 2}, {"too_old", 3}}));
  EXPECT_EQ(reports.find_files("a.csv").size(), 1U);
  EXPECT_EQ(reports.find_files(to_hex(rows[0].digest)).size(), 1U);
  EXPECT_TRUE(reports.find_files("b.csv").empty());
  EXPECT_EQ(reports.status().files, 1);
  EXPECT_EQ(reports.status().files_unfinished, 0);
}

}  // namespace
}  // namespace packwarden
