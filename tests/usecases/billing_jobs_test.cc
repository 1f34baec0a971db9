#include "usecases/billing_jobs.h"

#include <set>

#include "billing/settlement_window.h"
#include "usecases/jobs_world.h"
#include "usecases/postpaid_commands.h"
#include "usecases/refund_commands.h"

namespace packwarden::testing {
namespace {

TEST_F(Jobs, O6_a_day_is_charged_once_on_the_next_day_from_eight_on) {
  make_postpaid("acme", 10'000'000);
  use("acme", 100, noon, noon);
  use("acme", 23, noon + Span::seconds(1), noon + Span::seconds(1));
  EXPECT_EQ(run(charge_time - Span::seconds(1)).bills, 0);
  EXPECT_EQ(run(charge_time).bills, 1);
  EXPECT_EQ(charges(), "2026-11-20 2026-11-20 123 615000");
  EXPECT_EQ(balance(), "9385000");
  EXPECT_EQ(run(charge_time).bills, 0);
  EXPECT_EQ(run(charge_time + Span::minutes(60)).bills, 0);
  EXPECT_EQ(charges(), "2026-11-20 2026-11-20 123 615000");
  EXPECT_EQ(value("SELECT GROUP_CONCAT(reference, ' ', contra_book, ' ', amount_micros) FROM"
                  " journal WHERE kind = 'charge'"),
            "captcha 2026-11-20 sales -615000");
  EXPECT_EQ(notices("bill"), "20777 due");
}

TEST_F(Jobs, O7_a_record_of_a_closed_day_is_charged_with_the_next_one_and_names_its_day) {
  make_postpaid("acme", 10'000'000);
  use("acme", 100, noon, noon);
  ASSERT_EQ(run(charge_time).bills, 1);
  use("acme", 7, noon + Span::seconds(5), charge_time + Span::minutes(1));
  use("acme", 50, charge_time + Span::minutes(1), charge_time + Span::minutes(1));
  EXPECT_EQ(run(charge_time + Span::minutes(2)).bills, 0);
  EXPECT_EQ(run(charge_time + day).bills, 1);
  EXPECT_EQ(charges(),
            "2026-11-20 2026-11-20 100 500000; 2026-11-21 2026-11-20 7 35000; "
            "2026-11-21 2026-11-21 50 250000");
}

TEST_F(Jobs, O7_what_came_for_a_charged_account_of_a_day_that_was_broken_off_is_due_the_next_day) {
  make_postpaid("acme", 10'000'000);
  use("acme", 100, noon, noon);
  ASSERT_EQ(run(charge_time).bills, 1);
  database.session().execute("UPDATE job SET done_until = NULL WHERE name = 'settle'");
  use("acme", 7, noon + Span::seconds(5), charge_time + Span::minutes(1));
  EXPECT_EQ(run(charge_time + Span::minutes(2)).bills, 0);
  EXPECT_EQ(charges(), "2026-11-20 2026-11-20 100 500000");
  EXPECT_EQ(run(charge_time + day).bills, 1);
  EXPECT_EQ(charges(), "2026-11-20 2026-11-20 100 500000; 2026-11-21 2026-11-20 7 35000");
}

TEST_F(Jobs, O6_a_day_closes_at_its_charge_instant_though_there_was_nothing_to_charge) {
  make_postpaid("acme", 10'000'000);
  run(charge_time);
  use("acme", 7, noon + Span::seconds(5), charge_time + Span::minutes(1));
  EXPECT_EQ(run(charge_time + Span::minutes(2)).bills, 0);
  EXPECT_EQ(run(charge_time + day).bills, 1);
  EXPECT_EQ(charges(), "2026-11-21 2026-11-20 7 35000");
}

TEST_F(Jobs, O7_missed_days_are_settled_in_order_each_with_a_bill_of_its_own) {
  make_postpaid("acme", 10'000'000);
  for (int i = 0; i < 3; ++i) use("acme", 10 + i, noon + Span::days(i), noon + Span::days(i));
  const JobReport report = run(charge_time + Span::days(2));
  EXPECT_EQ(report.bills, 3);
  EXPECT_EQ(charges(),
            "2026-11-20 2026-11-20 10 50000; 2026-11-21 2026-11-21 11 55000; "
            "2026-11-22 2026-11-22 12 60000");
  EXPECT_EQ(notices("bill"), "20777 due, 20778 due, 20779 due");
  EXPECT_EQ(run(charge_time + Span::days(2)).bills, 0);
}

TEST_F(Jobs, O8_a_charge_that_the_balance_does_not_cover_suspends_postpaid) {
  make_postpaid("acme", 1'000'000);
  use("acme", 200, noon, noon);  // exactly what there is
  ASSERT_EQ(run(charge_time).bills, 1);
  EXPECT_EQ(balance(), "0");
  EXPECT_EQ(notices("arrears"), "NULL") << "exactly zero is not arrears";
  use("acme", 1, charge_time, charge_time);
  ASSERT_EQ(run(charge_time + day).bills, 1);
  EXPECT_EQ(balance(), "-5000") << "booked in full";
  EXPECT_NE(notices("arrears"), "NULL");
  use("acme", 3, charge_time + day, charge_time + day);
  EXPECT_EQ(host.receipt_value(last_file, "units"),
            R"({"accepted":3,"drawn":0,"overage":0,"overrun":3,"not_billable":0})");
  top_up(5'000, "acme", charge_time + day + Span::minutes(1));
  use("acme", 4, charge_time + day + Span::minutes(2), charge_time + day + Span::minutes(2));
  EXPECT_EQ(value("SELECT units FROM ledger_entry WHERE units = 4 AND outcome = 3"), "4")
      << "at zero it stays suspended";
  top_up(1, "acme", charge_time + day + Span::minutes(3));
  use("acme", 6, charge_time + day + Span::minutes(4), charge_time + day + Span::minutes(4));
  EXPECT_EQ(value("SELECT units FROM ledger_entry WHERE units = 6 AND outcome = 2"), "6");
  EXPECT_EQ(value("SELECT GROUP_CONCAT(step ORDER BY seq) FROM postpaid_change WHERE product_id ="
                  " 0"),
            "suspended,at_zero,resumed");
}

TEST_F(Jobs, N3_a_second_fall_below_zero_is_told_again_though_the_suspension_went_on) {
  make_postpaid("acme", 1'000'000);
  use("acme", 300, noon, noon);
  const Instant next_day = charge_time - Span::minutes(120);  // of business, before the charge
  use("acme", 7, next_day, next_day);
  ASSERT_EQ(run(charge_time).bills, 1);
  EXPECT_EQ(balance(), "-500000");
  EXPECT_EQ(value("SELECT COUNT(*) FROM notice WHERE kind = 'arrears'"), "1");
  top_up(500'000, "acme", charge_time + Span::minutes(1));
  EXPECT_EQ(balance(), "0");
  ASSERT_EQ(run(charge_time + day).bills, 1);
  EXPECT_EQ(balance(), "-35000");
  EXPECT_EQ(value("SELECT COUNT(*) FROM notice WHERE kind = 'arrears'"), "2");
  EXPECT_EQ(value("SELECT GROUP_CONCAT(step ORDER BY seq) FROM postpaid_change WHERE product_id ="
                  " 0"),
            "suspended,at_zero,below_zero");
}

TEST_F(Jobs, O9_a_charge_below_zero_while_still_suspended_at_zero_makes_the_reason_arrears) {
  make_postpaid("acme", 1'000'000);
  use("acme", 1'000, noon, noon);
  run(charge_time);
  top_up(4'000'000, "acme", charge_time);  // to exactly zero
  const std::vector<std::string> names{"acme"};
  ASSERT_TRUE(switch_postpaid(ledger, context, {"captcha", names, false, charge_time + Span{1'000}},
                              new_request_id()));
  use("acme", 100, noon, charge_time + Span::minutes(1));  // late
  const std::string last_reason =
      "SELECT reason FROM service_change ORDER BY seq DESC, change_no DESC LIMIT 1";
  ASSERT_EQ(balance() + " " + value(last_reason), "0 packs_exhausted");

  run(charge_time + day);

  EXPECT_EQ(balance() + " " + value(last_reason), "-500000 arrears");
}

TEST_F(Jobs, O10_an_expiry_that_settlement_notices_has_the_reason_that_held_before_the_charge) {
  make_postpaid("acme", 1'000'000);
  use("acme", 1'000, noon, noon);
  buy("30k", noon + Span::minutes(1));
  const std::vector<std::string> names{"acme"};
  ASSERT_TRUE(switch_postpaid(ledger, context, {"captcha", names, false, noon + Span::minutes(2)},
                              new_request_id()));

  BillingJobs jobs(ledger, store, context, {"test", 60, 0});
  JobReport report;
  jobs.settle(noon + Span::days(366), report);  // alone: job expire has not run

  EXPECT_EQ(value("SELECT GROUP_CONCAT(reason ORDER BY seq, change_no) FROM (SELECT * FROM"
                  " service_change ORDER BY seq DESC, change_no DESC LIMIT 2) last"),
            "packs_expired,arrears");
}

TEST_F(Jobs, O6_overage_without_a_price_stays_open_and_what_has_one_is_charged) {
  make_postpaid("acme", 10'000'000);
  use("acme", 100, noon, noon);
  use("acme", 50, noon + day, noon + day);
  const Catalogue* shipped = context.catalogue;
  Catalogue without = *shipped;  // the price of the first of the two days
  const BusinessDay second{context.calendar->day_of(noon + day).days_since_epoch};
  for (Product& product : without.products) product.postpaid_prices = {{second, 5'000}};
  context.catalogue = &without;
  EXPECT_EQ(run(charge_time + day).bills, 1);
  EXPECT_EQ(charges(), "2026-11-21 2026-11-21 50 250000");
  EXPECT_EQ(value("SELECT SUM(units) FROM open_overage"), "100");
  context.catalogue = shipped;
  EXPECT_EQ(run(charge_time + day + day).bills, 1);
  EXPECT_EQ(charges(), "2026-11-21 2026-11-21 50 250000; 2026-11-22 2026-11-20 100 500000");
}

TEST_F(Jobs, U10_late_overage_that_is_not_charged_yet_is_taken_out_of_a_day_that_is_charged) {
  make_postpaid("acme", 10'000'000);
  use("acme", 100, noon, noon);
  ASSERT_EQ(run(charge_time).bills, 1);
  use("acme", 7, noon + Span::seconds(5), charge_time + Span::minutes(1));
  void_last();
  EXPECT_EQ(run(charge_time + day).bills, 0) << "neither a charge nor a credit";
  EXPECT_EQ(charges(), "2026-11-20 2026-11-20 100 500000");
  EXPECT_EQ(balance(), "9500000");
}

TEST_F(Jobs, U10_voided_overage_is_taken_out_while_open_and_credited_once_charged) {
  make_postpaid("acme", 10'000'000);
  use("acme", 100, noon, noon);
  const std::string charged_file = last_file;
  use("acme", 11, noon, noon);
  void_last();
  ASSERT_EQ(run(charge_time).bills, 1);
  last_file = charged_file;
  void_last();
  ASSERT_EQ(run(charge_time + day).bills, 1);
  EXPECT_EQ(charges(),
            "2026-11-20 2026-11-20 100 500000; 2026-11-21 credit 2026-11-20 -100 -500000");
  EXPECT_EQ(balance(), "10000000");
  EXPECT_EQ(value("SELECT COALESCE(SUM(units), 0) FROM open_overage"), "0");
}

TEST_F(Jobs, O6_accounts_are_spread_over_the_window) {
  make_postpaid("acme", 10'000'000);
  make_postpaid("zeta", 10'000'000);
  use("acme", 100, noon, noon);
  use("zeta", 100, noon, noon);
  std::multiset<std::int64_t> offsets_s{charge_offset_s(AccountId{1}, 10'800),
                                        charge_offset_s(AccountId{2}, 10'800)};
  ASSERT_NE(*offsets_s.begin(), *offsets_s.rbegin());
  for (const std::int64_t offset_s : offsets_s) {
    const Instant due = charge_time + Span::seconds(offset_s);
    EXPECT_EQ(run(due - Span{1'000}, 10'800).bills, 0);
    EXPECT_EQ(run(due, 10'800).bills, 1);
  }
}

TEST_F(Jobs, O6_a_lease_that_somebody_else_holds_is_left_alone) {
  make_postpaid("acme", 10'000'000);
  use("acme", 100, noon, noon);
  const auto lease = store.take("settle", "other", 60, noon);
  ASSERT_TRUE(lease);
  const JobReport report = run(charge_time);
  EXPECT_EQ(report.bills, 0);
  EXPECT_EQ(report.busy, std::vector<std::string>{"settle"});
  store.give_back(*lease, std::nullopt);
  EXPECT_EQ(run(charge_time).bills, 1);
}

TEST_F(Jobs, O6_a_holder_whose_lease_is_anothers_now_changes_nothing) {
  const auto late = store.take("settle", "late", 0, noon);
  const auto next = store.take("settle", "next", 60, noon);
  ASSERT_TRUE(late && next);
  EXPECT_GT(next->fence, late->fence);
  bool kept = true;
  ledger.transact("test", Instant::earliest(), [&](LedgerTransaction& tx) {
    kept = tx.jobs().keeps(*late, 60);
    return Verdict::roll_back;
  });
  EXPECT_FALSE(kept);
  EXPECT_FALSE(store.set_done_until(*late, noon));
  EXPECT_TRUE(store.set_done_until(*next, noon));
}

}  // namespace
}  // namespace packwarden::testing
