#include <gtest/gtest.h>

#include "store/job_rows.h"
#include "usecases/billing_jobs.h"
#include "usecases/pack_commands.h"
#include "usecases/refund_commands.h"
#include "usecases/world.h"

// Rules that only show where files, packs and jobs meet.
namespace packwarden::testing {
namespace {

class Rules : public ::testing::Test {
 protected:
  Rules() { add_ready_account(database, "acme"); }

  std::string value(const std::string& query) { return database.value(query); }
  void use(const std::string& id, const std::string& time, const std::string& quantity,
           Instant now = noon) {
    host.drop(id + ".csv", csv({{.id = id, .time = time, .quantity = quantity}}));
    host.run(now);
  }
  // used, by pack in the order of purchase
  std::string used() {
    return value("SELECT GROUP_CONCAT(used_units ORDER BY pack_id) FROM pack_balance");
  }
  std::string last_service() {
    return value(
        "SELECT CONCAT(covered_by, ' ', reason, ' ', changed_at) FROM service_change ORDER BY seq"
        " DESC, change_no DESC LIMIT 1");
  }
  void claim(Instant at) {
    ASSERT_TRUE(claim_trials(ledger, context, {"captcha", names, at}, "trial"));
  }

  const std::vector<std::string> names{"acme"};
  TestDatabase database;
  BillingContext context = shipped_billing(database);
  MySqlLedger ledger{database.address()};
  Host host{database, "h1"};
};

TEST_F(Rules, B1_a_verification_is_one_unit_and_more_where_its_quantity_says_so) {
  add_pack(database, "acme", 100);
  host.drop("a.csv",
            "id,account,product,meter,time\n"
            "1,acme,captcha,client_verification,2026-11-20T11:00:00Z\n"
            "2,acme,captcha,client_verification,2026-11-20T11:00:00Z\n");
  host.run();
  EXPECT_EQ(used(), "2");
  use("3", "2026-11-20T11:00:00Z", "");
  EXPECT_EQ(used(), "3");
  use("4", "2026-11-20T11:00:00Z", "7");
  EXPECT_EQ(used(), "10");
}

TEST_F(Rules, B4_the_event_time_decides_on_pack_and_day_however_late_it_comes) {
  const Instant begin = Instant::from_micros(1'767'225'600'000'000);  // 2026-01-01
  add_pack(database, "acme", 100, begin, noon - Span::days(2));
  add_pack(database, "acme", 100, noon - Span::days(1));
  use("late", "2026-11-17T23:00:00Z", "5");
  use("between", "2026-11-19T00:00:00Z", "6");
  use("new", "2026-11-20T11:00:00Z", "7");
  EXPECT_EQ(used(), "5,7");
  EXPECT_EQ(value("SELECT GROUP_CONCAT(CONCAT(business_day, ' ', units) ORDER BY seq SEPARATOR"
                  " ', ') FROM ledger_entry"),
            "2026-11-18 5, 2026-11-19 6, 2026-11-20 7")
      << "the business day of Shanghai";
}

TEST_F(Rules, B4_a_frozen_pack_is_not_drawn_from_whatever_the_event_time) {
  ASSERT_TRUE(
      buy_packs(ledger, context, {"captcha", names, noon - Span::days(2), "bank-1"}, "30k", "buy"));
  ASSERT_TRUE(
      take_refund_step(ledger, context, {PackId{1}, RefundStep::requested, "", noon}, "refund"));
  use("before", "2026-11-19T11:00:00Z", "5");
  EXPECT_EQ(used(), "0");
  ASSERT_TRUE(
      take_refund_step(ledger, context, {PackId{1}, RefundStep::rejected, "used", noon}, "reject"));
  use("after", "2026-11-19T12:00:00Z", "6");
  EXPECT_EQ(used(), "6") << "thawed";
}

TEST_F(Rules, P3_what_is_available_is_the_sum_of_what_is_left_in_all_valid_packs) {
  for (const Units quota : {10, 20, 30}) add_pack(database, "acme", quota);
  add_pack(database, "acme", 100, noon - Span::days(300), noon - Span::days(200));
  use("1", "2026-11-20T11:00:00Z", "60");
  EXPECT_EQ(used(), "10,20,30,0");
  EXPECT_EQ(value("SELECT SUM(overrun_units) FROM rating_unit"), "0");
  use("2", "2026-11-20T11:00:00Z", "1");
  EXPECT_EQ(value("SELECT SUM(overrun_units) FROM rating_unit"), "1");
}

TEST_F(Rules, O1_a_trial_that_is_used_up_stops_the_service_and_what_still_comes_is_overrun) {
  claim(noon - Span::days(1));
  use("1", "2026-11-20T11:00:00Z", "19999");
  EXPECT_EQ(last_service().substr(0, 6), "packs ");
  use("2", "2026-11-20T11:00:00Z", "1");
  EXPECT_EQ(last_service(), "none trial_exhausted 2026-11-20 12:00:00.000000");
  use("3", "2026-11-20T11:00:00Z", "3");
  EXPECT_EQ(value("SELECT CONCAT(drawn_units, ' ', overage_units, ' ', overrun_units) FROM"
                  " rating_unit ORDER BY seq DESC LIMIT 1"),
            "0 0 3");
}

TEST_F(Rules, O1_a_trial_that_expires_stops_the_service_at_its_expiry) {
  claim(noon - Span::days(8));
  MySqlJobStore store(database.address());
  BillingJobs(ledger, store, context, {"test", 60, 0}).run(noon);
  EXPECT_EQ(last_service(), "none trial_expired 2026-11-19 12:00:00.000000");
  use("1", "2026-11-20T11:00:00Z", "3");
  EXPECT_EQ(value("SELECT SUM(overrun_units) FROM rating_unit"), "3");
}

}  // namespace
}  // namespace packwarden::testing
