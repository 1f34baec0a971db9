#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "app/archive_loop.h"
#include "store/job_rows.h"
#include "store/mysql_reports.h"
#include "support/places.h"
#include "usecases/billing_jobs.h"
#include "usecases/file_void.h"
#include "usecases/money_commands.h"
#include "usecases/pack_commands.h"
#include "usecases/refund_commands.h"
#include "usecases/world.h"

namespace packwarden::testing {
namespace {

using ::testing::ElementsAre;

constexpr int ended_days = 90;

// A ledger with a row in each of its tables, and letting go.
class Keeping : public ::testing::Test {
 protected:
  Keeping() { add_ready_account(database, "acme"); }

  std::string value(const std::string& query) { return database.value(query); }
  JobReport run_jobs(Instant now) {
    BillingJobs jobs(ledger, store, context, {"test", 60, 0, ended_days});
    return jobs.run(now);
  }
  JobReport erase(Instant now, std::optional<std::uint32_t> inbox_days = {}) {
    BillingJobs jobs(ledger, store, context, {"test", 60, 0, ended_days, inbox_days});
    JobReport report;
    jobs.erase(now, report);
    return report;
  }
  // As the relay leaves it.
  void add_delivery(const std::string& key, const std::string& state, const std::string& ended_at) {
    database.session().execute(
        "INSERT INTO outbox (idempotency_key, channel, account_name, recipient, language, subject,"
        " body, state, attempts, next_attempt_at, claim_token, outcome, created_at, ended_at)"
        " VALUES ('" +
        key + "', 'sms', 'acme', '+86 555 0100', 'en', 'Pack used up', 'Your pack is used up.', '" +
        state + "', 2, NULL, '', 'provider id 17', '2026-11-19 08:00:00', " + ended_at + ")");
  }
  std::vector<std::string> deliveries() {
    std::vector<std::string> rows;
    database.session().for_each_row(
        "SELECT idempotency_key, IF(recipient = '', '-', recipient), IF(subject = '', '-',"
        " subject), IF(body = '', '-', body) FROM outbox ORDER BY delivery_id",
        [&](RowView row) {
          rows.push_back(std::string(*row[0]) + " " + std::string(*row[1]) + " " +
                         std::string(*row[2]) + " " + std::string(*row[3]));
        });
    return rows;
  }
  void live_through_everything();

  TestDatabase database;
  BillingContext context = shipped_billing(database);
  MySqlLedger ledger{database.address()};
  MySqlJobStore store{database.address()};
  Host host{database, "h1"};
};

constexpr const char* at_noon = "'2026-11-20 12:00:00'";
constexpr const char* full = " +86 555 0100 Pack used up Your pack is used up.";
constexpr const char* empty = " - - -";

TEST_F(Keeping, D2_address_and_text_of_an_ended_delivery_are_erased_after_90_days) {
  add_delivery("sent", "sent", at_noon);
  add_delivery("later", "sent", "'2026-11-20 12:00:00.000001'");
  EXPECT_EQ(erase(noon + Span::days(ended_days) - Span{1'000}).deliveries_erased, 0);
  EXPECT_EQ(erase(noon + Span::days(ended_days)).deliveries_erased, 1);
  EXPECT_THAT(deliveries(), ElementsAre(std::string("sent") + empty, std::string("later") + full));
  EXPECT_EQ(erase(noon + Span::days(ended_days)).deliveries_erased, 0) << "once";
}

TEST_F(Keeping, D2_that_when_and_how_it_ended_stays) {
  add_delivery("dead", "dead", at_noon);
  ASSERT_EQ(erase(noon + Span::days(ended_days)).deliveries_erased, 1);
  EXPECT_EQ(value("SELECT CONCAT_WS(' ', channel, account_name, language, state, attempts, outcome,"
                  " created_at, ended_at) FROM outbox"),
            "sms acme en dead 2 provider id 17 2026-11-19 08:00:00.000000 2026-11-20"
            " 12:00:00.000000");
}

TEST_F(Keeping, D2_a_delivery_that_has_not_ended_is_kept_however_old_it_is) {
  for (const std::string state : {"queued", "sending", "retrying", "held"}) {
    add_delivery(state, state, "NULL");
  }
  EXPECT_EQ(erase(noon + Span::days(4'000)).deliveries_erased, 0);
  EXPECT_EQ(value("SELECT COUNT(*) FROM outbox WHERE recipient <> '' AND body <> ''"), "4");
}

TEST_F(Keeping, D2_many_are_erased_in_chunks_and_an_in_site_message_stays) {
  for (int i = 0; i < 1'201; ++i) add_delivery("d" + std::to_string(i), "sent", at_noon);
  database.session().execute(
      "INSERT INTO inbox_message (idempotency_key, account_name, language, subject, body, "
      "stored_at)"
      " VALUES ('d0', 'acme', 'en', 'Pack used up', 'Your pack is used up.', '2026-11-20')");
  EXPECT_EQ(erase(noon + Span::days(ended_days)).deliveries_erased, 1'201);
  EXPECT_EQ(value("SELECT COUNT(*) FROM outbox WHERE body <> ''"), "0");
  EXPECT_EQ(value("SELECT body FROM inbox_message"), "Your pack is used up.");
  EXPECT_EQ(value("SELECT succeeded_at FROM job WHERE name = 'erase'"),
            "2027-02-18 12:00:00.000000");
}

TEST_F(Keeping, D2_in_site_messages_are_kept_for_ever_or_so_many_days_as_are_set) {
  database.session().execute(
      "INSERT INTO inbox_message (idempotency_key, account_name, language, subject, body, "
      "stored_at) VALUES ('old', 'acme', 'en', '', '', '2026-11-20 12:00:00'), ('new', 'acme', "
      "'en', '', '', '2026-11-20 12:00:01')");
  constexpr std::uint32_t inbox_days = 1'096;
  EXPECT_EQ(erase(noon + Span::days(36'500)).messages_removed, 0);
  EXPECT_EQ(erase(noon + Span::days(inbox_days) - Span::seconds(1), inbox_days).messages_removed,
            0);
  EXPECT_EQ(erase(noon + Span::days(inbox_days), inbox_days).messages_removed, 1);
  EXPECT_EQ(value("SELECT idempotency_key FROM inbox_message"), "new");
}

TEST_F(Keeping, D2_whoever_lost_the_lease_erases_nothing) {
  add_delivery("sent", "sent", at_noon);
  const Instant late = noon + Span::days(365);
  const auto lost = store.take("erase", "late", 0, late);
  ASSERT_TRUE(lost);
  const auto next = store.take("erase", "next", 60, late);
  ASSERT_TRUE(next);
  EXPECT_FALSE(store.erase_deliveries(*lost, 60, late, 10));
  EXPECT_EQ(value("SELECT COUNT(*) FROM outbox WHERE body = ''"), "0");
  EXPECT_EQ(erase(late).busy, std::vector<std::string>{"erase"});
  EXPECT_EQ(store.erase_deliveries(*next, 60, late, 10), 1U);
}

// Each table of the ledger gets rows: purchases, a refund, usage, overage, a bill, a void, notices.
void Keeping::live_through_everything() {
  const std::vector<std::string> names{"acme"};
  ASSERT_TRUE(claim_trials(ledger, context, {"captcha", names, noon - Span::days(9)}, "trial"));
  ASSERT_TRUE(top_up_balance(ledger, context, {"acme", 700'000'000, "bank-1", noon}, "top-up"));
  for (const std::string request : {"buy-1", "buy-2"}) {
    ASSERT_TRUE(buy_packs(ledger, context, {"captcha", names, noon}, "30k", request));
  }
  for (const RefundStep step :
       {RefundStep::requested, RefundStep::approved, RefundStep::ordered, RefundStep::completed}) {
    ASSERT_TRUE(
        take_refund_step(ledger, context, {PackId{3}, step, "", noon}, std::string(name_of(step))));
  }
  const auto take = [&](const std::string& name, const std::vector<Line>& lines) {
    host.drop(name, csv(lines));
    host.run(noon + Span::seconds(1));
  };
  take("a.csv", {{.id = "1", .time = to_rfc3339(noon), .quantity = "30000"},
                 {.id = "2", .time = to_rfc3339(noon), .quantity = "70"},
                 {.id = "3", .account = "nobody"}});
  take("b.csv", {{.id = "4", .time = to_rfc3339(noon), .quantity = "5"}});
  const Digest digest = MySqlReports(database.address()).find_files("b.csv").at(0);
  ASSERT_TRUE(void_file(ledger, context, {digest, "test", false, noon}, "void"));
  EXPECT_EQ(run_jobs(noon + Span::days(1)).bills, 1);
  take("c.csv", {{.id = "5", .time = to_rfc3339(noon), .quantity = "5"}});
  database.session().execute("INSERT INTO account_detail VALUES (1, 'email', 'a@example.com', 1)");
  database.session().execute(
      "INSERT INTO inbox_message (idempotency_key, account_name, language, subject, body, "
      "stored_at)"
      " VALUES ('k', 'acme', 'en', 'Pack used up', 'Your pack is used up.', '2026-11-20')");
  database.session().execute("INSERT INTO notice_off VALUES (1, 'bill')");
  database.session().execute(
      "INSERT INTO deployment_value VALUES ('currency', 0, 'CNY', '2026-11-20', 'first')");
  add_delivery("sent", "sent", at_noon);
}

// By table; what may be let go is not among them.
std::map<std::string, std::string> checksums_of_the_ledger(TestDatabase& database) {
  const std::set<std::string> let_go{"deployment", "dedupe_segment",  "outbox",
                                     "job",        "ledger_sequence", "ledger_transaction",
                                     "channel",    "recipient_hour",  "inbox_message",
                                     "set_aside",  "daemon"};
  std::map<std::string, std::string> checksums;
  for (const auto& row : database.session().query(
           "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()")) {
    const std::string& table = row[0].value();
    if (let_go.contains(table)) continue;
    EXPECT_NE(database.value("SELECT COUNT(*) FROM " + table), "0") << table;
    checksums[table] = database.session().query("CHECKSUM TABLE " + table).at(0).at(1).value();
  }
  return checksums;
}

TEST_F(Keeping, D1_letting_go_leaves_every_table_of_the_ledger_as_it_was) {
  live_through_everything();
  const auto before = checksums_of_the_ledger(database);
  const std::string transactions =
      "SELECT SUM(CRC32(CONCAT(seq, kind, committed_at))) FROM"
      " ledger_transaction WHERE seq <= " +
      value("SELECT seq FROM ledger_sequence");
  const std::string transactions_before = value(transactions);
  const Instant much_later = noon + Span::days(11 * 366);
  EXPECT_GT(host.ingest().let_go(much_later, much_later), 0U);
  EXPECT_GT(ledger.delete_segments_before(30'000, 1'000), 0U);
  EXPECT_EQ(erase(much_later).deliveries_erased, 1);
  EXPECT_EQ(value("SELECT COUNT(*) FROM dedupe_segment"), "0");
  EXPECT_EQ(checksums_of_the_ledger(database), before);
  EXPECT_EQ(value(transactions), transactions_before);
}

// What the daemon does beside ingest.
TEST_F(Keeping, D3_done_is_kept_for_its_days_and_never_let_go_by_a_clock_that_jumped) {
  host.drop("a.csv", csv({{.id = "1"}}));
  host.run();
  host.settings().spool.done_days = 90;
  ArchiveComposition archive(host.settings(), host.spool());
  const auto step = [&](Instant at, bool trust_clock) {
    while (archive.step(at, trust_clock, {})) {
    }
    return host.files_in("done");
  };
  ASSERT_EQ(step(noon, true).size(), 1U);
  EXPECT_TRUE(host.files_in("done").front().ends_with(".a.csv.zst"));
  // It ended on 2026-11-20 of UTC: that day is over for 90 days from 2027-02-19 on.
  const Instant over = noon + Span::days(90) + Span::minutes(12 * 60);
  EXPECT_EQ(step(over - Span::seconds(1), true).size(), 1U);
  EXPECT_EQ(step(over + Span::days(3'650), false).size(), 1U) << "the database knows better";
  EXPECT_EQ(step(over, true).size(), 0U);
  EXPECT_EQ(host.files_in("receipts").size(), 1U);
}

// S23: there is no command for it either. Addresses of accounts are not ledger: they stand as they
// are now.
TEST(LedgerIsKept, D1_no_statement_of_the_program_deletes_from_the_ledger) {
  const std::regex deletion(R"((DELETE\s+FROM|TRUNCATE|DROP\s+TABLE|REPLACE\s+INTO)\s*([a-z_]*))");
  std::set<std::string> tables;
  int files = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(source_dir() + "/daemon")) {
    if (entry.path().extension() != ".cc" && entry.path().extension() != ".h") continue;
    ++files;
    std::ostringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    const std::string all = text.str();
    for (std::sregex_iterator at(all.begin(), all.end(), deletion), end; at != end; ++at) {
      tables.insert((*at)[2].str());
    }
  }
  EXPECT_GT(files, 100);
  // open_overage is what is not charged yet; what was is in charge and bill.
  EXPECT_THAT(tables, ElementsAre("account_detail", "dedupe_segment", "inbox_message",
                                  "open_overage", "pack_reminder", "recipient_hour", "set_aside"));
}

}  // namespace
}  // namespace packwarden::testing
