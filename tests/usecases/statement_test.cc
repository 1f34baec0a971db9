#include "usecases/statement.h"

#include <gmock/gmock.h>

#include "store/job_rows.h"
#include "store/mysql_reports.h"
#include "usecases/billing_jobs.h"
#include "usecases/file_void.h"
#include "usecases/money_commands.h"
#include "usecases/pack_commands.h"
#include "usecases/refund_commands.h"
#include "usecases/world.h"

namespace packwarden::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr MoneyMicros cny = 1'000'000;

// A moment of the wall clock in Shanghai.
Instant wall(const std::string& text) {
  const std::string full = text + ":00+08:00";
  return parse_rfc3339(full.data(), full.data() + full.size()).value();
}

class StatementTest : public ::testing::Test {
 protected:
  StatementTest() { add_ready_account(database, "acme"); }

  void top_up(MoneyMicros amount, const std::string& at) {
    ASSERT_TRUE(top_up_balance(ledger, context, {"acme", amount, new_request_id(), wall(at)},
                               new_request_id()));
  }
  void buy(const std::string& at) {
    const std::vector<std::string> names{"acme"};
    ASSERT_TRUE(buy_packs(ledger, context, {"captcha", names, wall(at)}, "30k", new_request_id()));
  }
  void use(Units units, const std::string& event, const std::string& now,
           const std::string& account = "acme", const std::string& meter = "client_verification") {
    last_file = "f" + std::to_string(++files) + ".csv";
    host.drop(last_file, csv({{.id = last_file,
                               .account = account,
                               .meter = meter,
                               .time = to_rfc3339(wall(event)),
                               .quantity = std::to_string(units)}}));
    host.run(wall(now));
  }
  void void_last(const std::string& now) {
    ASSERT_TRUE(void_file(ledger, context,
                          {reports.find_files(last_file).at(0), "test", false, wall(now)},
                          new_request_id()));
  }
  std::int64_t settle(const std::string& now) {
    MySqlJobStore store(database.address());
    return BillingJobs(ledger, store, context, {"test", 60, 0}).run(wall(now)).bills;
  }
  StatementPeriod period(const std::string& month) {
    return statement_period(parse_business_month(month).value(), *context.calendar);
  }
  // Whose sums always agree.
  Statement of(const std::string& month) {
    const Account account = reports.find_account("acme").value();
    Statement statement = statement_of(reports.statement(account.id, period(month)));
    EXPECT_THAT(breaks_of(statement), IsEmpty()) << month;
    return statement;
  }
  std::vector<std::string> journals(const Statement& statement) {
    std::vector<std::string> rows;
    for (const StatementJournal& row : statement.journals) {
      rows.push_back(row.kind + " " + std::to_string(row.amount_micros / cny) + " " +
                     std::to_string(row.balance_micros / cny));
    }
    return rows;
  }
  std::vector<std::string> usage(const Statement& statement) {
    std::vector<std::string> rows;
    for (const UsageRow& row : statement.usage) {
      rows.push_back(to_string(row.day) + " " + row.used_by + " " +
                     std::string(name_of(row.outcome)) + " " + std::to_string(row.units));
    }
    return rows;
  }
  std::vector<std::string> packs(const Statement& statement, const std::string& month) {
    std::vector<std::string> rows;
    for (const StatementPack& row : statement.packs) {
      rows.push_back(std::to_string(value_of(row.id)) + " " + std::to_string(row.left_before()) +
                     " " + std::to_string(row.left_after()) + " " +
                     state_of(row, period(month).to));
    }
    return rows;
  }

  TestDatabase database;
  BillingContext context = shipped_billing(database);
  MySqlLedger ledger{database.address()};
  MySqlReports reports{database.address()};
  Host host{database, "h1"};
  int files = 0;
  std::string last_file;
};

TEST_F(StatementTest, a_month_goes_from_business_midnight_to_business_midnight) {
  const StatementPeriod november = period("2026-11");
  EXPECT_EQ(november.from, wall("2026-11-01T00:00"));
  EXPECT_EQ(november.to, wall("2026-12-01T00:00"));
  EXPECT_EQ(november.closes_at, wall("2026-12-01T12:00"));
  EXPECT_EQ(november.opens_at, period("2026-10").closes_at);
  EXPECT_EQ(november.final_from, wall("2026-12-01T13:00"));
  top_up(1 * cny, "2026-10-31T23:59");
  top_up(2 * cny, "2026-11-01T00:00");
  top_up(4 * cny, "2026-11-30T23:59");
  top_up(8 * cny, "2026-12-01T00:00");
  const Statement statement = of("2026-11");
  EXPECT_EQ(statement.opening_micros, 1 * cny);
  EXPECT_THAT(journals(statement), ElementsAre("top_up 2 3", "top_up 4 7"));
  EXPECT_EQ(statement.closing_micros, 7 * cny);
  EXPECT_EQ(of("2026-12").closing_micros, reports.balances(std::nullopt).at(0).balance_micros);
}

TEST_F(StatementTest, each_statement_begins_where_the_one_before_ends) {
  top_up(700 * cny, "2026-10-15T10:00");
  buy("2026-10-20T10:00");
  use(29'000, "2026-10-31T12:00", "2026-10-31T13:00");
  use(1'100, "2026-11-05T12:00", "2026-11-05T13:00");
  buy("2026-11-06T10:00");
  use(10, "2026-11-07T12:00", "2026-11-07T13:00");
  settle("2026-12-02T09:00");
  for (const std::string month : {"2026-10", "2026-11", "2026-12"}) {
    const Statement before = of(to_string(parse_business_month(month)->before()));
    const Statement after = of(month);
    EXPECT_EQ(before.closing_micros, after.opening_micros) << month;
    for (const StatementPack& pack : before.packs) {
      for (const StatementPack& same : after.packs) {
        if (pack.id != same.id) continue;
        EXPECT_EQ(pack.left_after(), same.left_before()) << month;
      }
    }
    for (const StatementOverage& overage : after.overage) {
      EXPECT_EQ(overage.open_before, before.overage.empty() ? 0 : before.overage[0].open_after);
    }
  }
}

TEST_F(StatementTest, B6_usage_by_day_outcome_and_sub_account_with_totals) {
  add_account(database, "acme-web", "acme");
  top_up(400 * cny, "2026-11-01T10:00");
  buy("2026-11-02T10:00");
  use(29'999, "2026-11-03T10:00", "2026-11-03T11:00");
  use(6, "2026-11-03T12:00", "2026-11-03T13:00", "acme-web");
  use(3, "2026-11-04T10:00", "2026-11-04T11:00", "acme", "ticket_check");
  const Statement statement = of("2026-11");
  EXPECT_THAT(usage(statement),
              ElementsAre("2026-11-03 acme drawn 29999", "2026-11-03 acme-web drawn 1",
                          "2026-11-03 acme-web overage 5", "2026-11-04 acme not_billable_meter 3"));
  std::vector<std::string> totals;
  for (const StatementTotal& total : totals_of(statement)) {
    totals.push_back(total.used_by + " " + std::string(name_of(total.outcome)) + " " +
                     std::to_string(total.units));
  }
  EXPECT_THAT(totals,
              ElementsAre(" drawn 30000", " overage 5", " not_billable_meter 3", "acme drawn 29999",
                          "acme not_billable_meter 3", "acme-web drawn 1", "acme-web overage 5"));
  EXPECT_THAT(packs(statement, "2026-11"), ElementsAre("1 30000 0 used up"));
}

TEST_F(StatementTest, O7_bills_stand_where_they_are_booked_and_name_their_usage_days) {
  top_up(400 * cny, "2026-11-01T10:00");
  buy("2026-11-02T10:00");
  use(30'200, "2026-11-29T10:00", "2026-11-29T11:00");
  ASSERT_EQ(settle("2026-11-30T08:00"), 1);
  use(7, "2026-11-30T10:00", "2026-11-30T11:00");
  ASSERT_EQ(settle("2026-12-01T08:00"), 1);
  const Statement november = of("2026-11");
  ASSERT_EQ(november.charges.size(), 1U);
  EXPECT_EQ(november.charges[0].units, 200);
  EXPECT_THAT(journals(november),
              ElementsAre("top_up 400 400", "purchase -300 100", "charge -1 99"));
  ASSERT_EQ(november.overage.size(), 1U);
  EXPECT_EQ(november.overage[0].open_after, 7);
  const Statement december = of("2026-12");
  ASSERT_EQ(december.charges.size(), 1U);
  EXPECT_EQ(to_string(december.charges[0].usage_day), "2026-11-30");
  EXPECT_EQ(december.overage[0].open_before, 7);
  EXPECT_EQ(december.overage[0].open_after, 0);
}

TEST_F(StatementTest, a_final_statement_stays_as_it_is_and_late_usage_stands_in_the_next) {
  top_up(400 * cny, "2026-11-01T10:00");
  buy("2026-11-02T10:00");
  use(10, "2026-12-01T01:00", "2026-12-01T02:00");
  use(100, "2026-11-30T23:00", "2026-12-01T11:59");
  const std::vector<std::string> expected{"2026-11-30 acme drawn 100"};
  EXPECT_EQ(usage(of("2026-11")), expected);
  use(5, "2026-11-30T23:30", "2026-12-01T12:00");
  use(7, "2026-11-20T10:00", "2026-12-05T10:00");
  void_last("2026-12-06T10:00");
  EXPECT_EQ(usage(of("2026-11")), expected);
  EXPECT_THAT(packs(of("2026-11"), "2026-11"), ElementsAre("1 30000 29900 held"));
  EXPECT_THAT(usage(of("2026-12")),
              ElementsAre("2026-11-30 acme drawn 5", "2026-12-01 acme drawn 10"));
  EXPECT_THAT(packs(of("2026-12"), "2026-12"), ElementsAre("1 29900 29885 held"));
}

TEST_F(StatementTest, S22_late_usage_of_the_first_until_noon_is_listed_in_the_month_before) {
  top_up(400 * cny, "2026-11-01T10:00");
  buy("2026-11-02T10:00");
  use(1, "2026-11-30T10:00", "2026-12-01T11:59");
  use(2, "2026-11-30T11:00", "2026-12-01T12:00");
  use(16, "2026-12-01T09:00", "2026-12-01T12:01");
  use(4, "2026-11-30T12:00", "2027-01-01T11:59");  // of a month before the last
  use(8, "2026-11-30T13:00", "2027-01-01T12:00");
  EXPECT_THAT(usage(of("2026-11")), ElementsAre("2026-11-30 acme drawn 1"));
  EXPECT_THAT(usage(of("2026-12")),
              ElementsAre("2026-11-30 acme drawn 6", "2026-12-01 acme drawn 16"));
  EXPECT_THAT(usage(of("2027-01")), ElementsAre("2026-11-30 acme drawn 8"));
  void_last("2027-02-01T11:59");
  EXPECT_THAT(usage(of("2027-01")), IsEmpty());
}

TEST_F(StatementTest, the_order_of_the_ledger_decides_where_the_clocks_of_hosts_differ) {
  top_up(400 * cny, "2026-11-01T10:00");
  buy("2026-11-02T10:00");
  for (int i = 0; i < 5; ++i) use(1, "2026-11-30T10:00", "2026-12-01T11:5" + std::to_string(i));
  use(10, "2026-11-30T11:00", "2026-12-01T12:00");
  use(100, "2026-11-30T11:00", "2026-12-01T11:59");  // of a host whose clock is late
  for (int i = 0; i < 5; ++i) use(1, "2026-12-01T10:00", "2026-12-01T12:1" + std::to_string(i));
  EXPECT_THAT(usage(of("2026-11")), ElementsAre("2026-11-30 acme drawn 5"));
  EXPECT_THAT(usage(of("2026-12")),
              ElementsAre("2026-11-30 acme drawn 110", "2026-12-01 acme drawn 5"));
}

TEST_F(StatementTest, U10_what_is_voided_later_goes_back_in_the_statement_of_the_void) {
  top_up(400 * cny, "2026-11-01T10:00");
  buy("2026-11-02T10:00");
  use(40, "2026-11-20T10:00", "2026-11-20T11:00");
  void_last("2026-12-06T10:00");
  EXPECT_THAT(usage(of("2026-11")), ElementsAre("2026-11-20 acme drawn 40"));
  EXPECT_THAT(usage(of("2026-12")), ElementsAre("2026-11-20 acme drawn -40"));
  EXPECT_THAT(packs(of("2026-12"), "2026-12"), ElementsAre("1 29960 30000 held"));
}

TEST_F(StatementTest, P8_packs_that_were_held_at_any_time_in_the_month_and_how_they_ended) {
  top_up(900 * cny, "2025-11-10T09:00");
  buy("2025-11-10T10:00");  // expires in the month
  buy("2026-10-28T10:00");  // refunded in the month
  for (const RefundStep step :
       {RefundStep::requested, RefundStep::approved, RefundStep::ordered, RefundStep::completed}) {
    ASSERT_TRUE(take_refund_step(ledger, context, {PackId{2}, step, "", wall("2026-11-01T10:00")},
                                 new_request_id()));
  }
  buy("2026-11-12T10:00");
  EXPECT_THAT(packs(of("2026-10"), "2026-10"),
              ElementsAre("1 30000 30000 held", "2 30000 30000 held"));
  EXPECT_THAT(packs(of("2026-11"), "2026-11"),
              ElementsAre("1 30000 30000 expired", "2 30000 30000 refunded", "3 30000 30000 held"));
  EXPECT_THAT(packs(of("2026-12"), "2026-12"), ElementsAre("3 30000 30000 held"));
}

TEST_F(StatementTest, a_pack_that_expires_later_in_the_month_is_held_until_then) {
  top_up(300 * cny, "2025-11-10T09:00");
  buy("2025-11-10T10:00");
  const StatementPack pack = of("2026-11").packs.at(0);
  EXPECT_EQ(state_of(pack, wall("2026-11-10T10:00") + Span{-1}), "held");
  EXPECT_EQ(state_of(pack, wall("2026-11-10T10:00")), "expired");
}

TEST_F(StatementTest, P5_an_expired_pack_that_late_usage_draws_from_is_there) {
  top_up(300 * cny, "2025-11-10T09:00");
  buy("2025-11-10T10:00");
  use(4, "2026-11-09T10:00", "2026-12-03T10:00");
  EXPECT_THAT(packs(of("2026-12"), "2026-12"), ElementsAre("1 30000 29996 expired"));
}

TEST_F(StatementTest, a_sum_beyond_64_bits_is_held) {
  Statement statement;
  for (const std::string user : {"acme", "acme-web"}) {
    statement.usage.push_back({user, "captcha", "m", {}, Outcome::overrun, INT64_MAX - 1});
  }
  const auto totals = totals_of(statement);
  ASSERT_EQ(totals.size(), 3U);
  EXPECT_EQ(totals[0].units, INT64_MAX);
  EXPECT_EQ(totals[1].units, INT64_MAX - 1);
}

TEST_F(StatementTest, a_sum_that_does_not_agree_is_told) {
  Statement statement;
  EXPECT_THAT(breaks_of(statement), IsEmpty());
  statement.closing_micros = 2 * cny;
  statement.usage.push_back({"acme", "captcha", "m", {}, Outcome::drawn, 3});
  statement.charges.push_back({});
  statement.charges.back().amount_micros = 1 * cny;
  statement.overage.push_back({"captcha", 1, 0, 0, 0});
  EXPECT_THAT(breaks_of(statement),
              ElementsAre("0.00 and journals over 0.00 make 0.00, but the closing balance is 2.00",
                          "the bills are over 1.00, but 0.00 was booked for them",
                          "usage of captcha that was drawn is 3 more than what its packs gave",
                          "1 units of overage of captcha should be open, but 0 are"));
}

}  // namespace
}  // namespace packwarden::testing
