#include "usecases/usage_origin.h"

#include <gmock/gmock.h>

#include "store/job_rows.h"
#include "store/mysql_reports.h"
#include "usecases/billing_jobs.h"
#include "usecases/file_void.h"
#include "usecases/money_commands.h"
#include "usecases/pack_commands.h"
#include "usecases/world.h"

namespace packwarden::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

// noon is 2026-11-20 20:00 in Shanghai.
constexpr Span day = Span::days(1);

class Why : public ::testing::Test {
 protected:
  Why() {
    add_ready_account(database, "acme");
    add_account(database, "acme-web", "acme");
    const std::vector<std::string> names{"acme"};
    EXPECT_TRUE(top_up_balance(ledger, context, {"acme", 700'000'000, "bank-1", noon - day}, "t"));
    EXPECT_TRUE(buy_packs(ledger, context, {"captcha", names, noon - day}, "30k", "b"));
  }
  void take(const std::string& name, std::vector<Line> lines, Instant now = noon) {
    for (Line& line : lines) line.time = to_rfc3339(noon);
    host.drop(name, csv(lines));
    host.run(now);
  }
  void void_named(const std::string& name) {
    ASSERT_TRUE(void_file(ledger, context,
                          {reports.find_files(name).at(0), "sent twice", false, noon},
                          new_request_id()));
  }
  void settle(Instant now) {
    MySqlJobStore store(database.address());
    BillingJobs(ledger, store, context, {"test", 60, 0}).run(now);
  }
  UsageOrigin why(const std::string& account) {
    UsageOrigin origin =
        reports.origin(reports.find_account(account).value(), context.calendar->day_of(noon));
    EXPECT_TRUE(adds_up(origin));
    return origin;
  }
  // units file lines pack, by part
  static std::vector<std::string> parts(const OriginFigure& figure) {
    std::vector<std::string> rows;
    for (const OriginPart& part : figure.parts) {
      rows.push_back(std::to_string(part.units) + " " + (part.file ? part.file->name : "?") +
                     (part.is_void ? " void " + part.void_reason
                                   : " " + std::to_string(part.first_line) + "-" +
                                         std::to_string(part.last_line)) +
                     (part.pack ? " " + std::to_string(value_of(part.pack->id)) : ""));
    }
    return rows;
  }

  TestDatabase database;
  BillingContext context = shipped_billing(database);
  MySqlLedger ledger{database.address()};
  MySqlReports reports{database.address()};
  Host host{database, "h1", 2};  // units of two data lines
};

TEST_F(Why, B5_a_figure_goes_back_to_the_units_of_its_files_and_to_its_packs) {
  take("a.csv", {{.id = "1", .quantity = "10"}, {.id = "2"}, {.id = "3", .quantity = "100"}});
  take("b.csv", {{.id = "4", .quantity = "1000"}, {.id = "1"}});
  const UsageOrigin origin = why("acme");
  ASSERT_THAT(origin.figures, SizeIs(1));
  EXPECT_EQ(origin.figures[0].usage.units, 1'111);
  EXPECT_THAT(parts(origin.figures[0]),
              ElementsAre("11 a.csv 1-3 1", "100 a.csv 4-4 1", "1000 b.csv 1-3 1"));
  const OriginPart& part = origin.figures[0].parts[0];
  EXPECT_EQ(part.pack->tier, "30k");
  EXPECT_EQ(part.pack->purchased_at, noon - day);
  EXPECT_EQ(to_rfc3339(part.pack->expires_at), "2027-11-19T12:00:00.000000Z");
  EXPECT_EQ(part.file->spool, "h1");
  EXPECT_EQ(part.committed_at, noon);
  EXPECT_FALSE(part.voided_at);
  EXPECT_THAT(origin.billing, SizeIs(0));
}

TEST_F(Why, P4_a_record_that_was_split_shows_each_pack) {
  const std::vector<std::string> names{"acme"};
  ASSERT_TRUE(buy_packs(ledger, context, {"captcha", names, noon - Span::minutes(5)}, "30k", "b2"));
  take("a.csv", {{.id = "1", .quantity = "30007"}});
  EXPECT_THAT(parts(why("acme").figures.at(0)), ElementsAre("30000 a.csv 1-2 1", "7 a.csv 1-2 2"));
}

TEST_F(Why, U10_a_void_stands_beside_what_it_took_back) {
  take("a.csv", {{.id = "1", .quantity = "10"}});
  take("b.csv", {{.id = "2", .quantity = "7"}});
  void_named("a.csv");
  const UsageOrigin origin = why("acme");
  EXPECT_EQ(origin.figures.at(0).usage.units, 7);
  EXPECT_THAT(parts(origin.figures[0]),
              ElementsAre("10 a.csv 1-2 1", "7 b.csv 1-2 1", "-10 a.csv void sent twice 1"));
  EXPECT_EQ(origin.figures[0].parts[0].voided_at, noon);
  EXPECT_FALSE(origin.figures[0].parts[1].voided_at);
}

TEST_F(Why, O6_overage_is_open_until_a_bill_charges_it_and_credits_stand_there) {
  take("a.csv", {{.id = "1", .quantity = "30000"}});
  take("b.csv",
       {{.id = "2", .quantity = "70"}, {.id = "3", .account = "acme-web", .quantity = "5"}});
  const UsageOrigin open = why("acme");
  ASSERT_THAT(open.figures, SizeIs(3));
  EXPECT_EQ(open.figures[1].usage.outcome, Outcome::overage);
  ASSERT_THAT(open.billing, SizeIs(1));
  EXPECT_EQ(open.billing[0].overage, 75);
  EXPECT_EQ(open.billing[0].open, 75);
  settle(noon + day);
  const UsageOrigin charged = why("acme");
  ASSERT_THAT(charged.billing.at(0).charges, SizeIs(1));
  EXPECT_EQ(to_string(charged.billing[0].charges[0].charged_day), "2026-11-20");
  EXPECT_EQ(charged.billing[0].charges[0].units, 75);
  EXPECT_EQ(charged.billing[0].open, 0);
  void_named("b.csv");
  EXPECT_EQ(why("acme").billing.at(0).open, -75);
  settle(noon + day + day);
  const UsageOrigin credited = why("acme");
  EXPECT_EQ(credited.billing.at(0).overage, 0);
  ASSERT_THAT(credited.billing[0].charges, SizeIs(2));
  EXPECT_TRUE(credited.billing[0].charges[1].is_credit);
}

TEST_F(Why, B6_a_sub_account_sees_its_own_figures) {
  take("a.csv", {{.id = "1", .quantity = "10"}, {.id = "2", .account = "acme-web"}});
  EXPECT_THAT(why("acme").figures, SizeIs(2));
  const UsageOrigin origin = why("acme-web");
  ASSERT_THAT(origin.figures, SizeIs(1));
  EXPECT_THAT(parts(origin.figures[0]), ElementsAre("1 a.csv 1-3 1"));
}

TEST_F(Why, entries_that_no_unit_claims_do_not_add_up) {
  take("a.csv", {{.id = "1", .quantity = "10"}});
  database.session().execute("UPDATE rating_unit SET entry_count = 0");
  const UsageOrigin origin =
      reports.origin(reports.find_account("acme").value(), context.calendar->day_of(noon));
  EXPECT_FALSE(adds_up(origin));
  EXPECT_THAT(parts(origin.figures.at(0)), ElementsAre("10 ? 0-0 1"));
}

}  // namespace
}  // namespace packwarden::testing
