#include "usecases/billing_jobs.h"

#include <gtest/gtest.h>

#include <set>

#include "billing/settlement_window.h"
#include "store/job_rows.h"
#include "store/mysql_reports.h"
#include "usecases/account_commands.h"
#include "usecases/file_void.h"
#include "usecases/money_commands.h"
#include "usecases/pack_commands.h"
#include "usecases/postpaid_commands.h"
#include "usecases/refund_commands.h"
#include "usecases/world.h"

namespace packwarden::testing {
namespace {

// noon is 2026-11-20 20:00 in Shanghai: that business day is charged at 2026-11-21T00:00:00Z.
constexpr Instant charge_time = noon + Span::minutes(12 * 60);
constexpr Span day = Span::days(1);

class Jobs : public ::testing::Test {
 protected:
  Jobs() { add_ready_account(database, "acme"); }

  void buy(const std::string& tier, Instant at, const std::string& account = "acme") {
    const std::vector<std::string> names{account};
    ASSERT_TRUE(buy_packs(ledger, context, {"captcha", names, at, new_request_id()}, tier,
                          new_request_id()));
  }
  void claim(Instant at) {
    const std::vector<std::string> names{"acme"};
    ASSERT_TRUE(claim_trials(ledger, context, {"captcha", names, at}, new_request_id()));
  }
  void add_packs_that_expire(Instant at, std::uint32_t count) {
    const ProductId product = context.catalogue->find_product("captcha")->id;
    std::vector<Pack> packs;
    for (std::uint32_t id = 1; id <= count; ++id) {
      Pack& pack = packs.emplace_back();
      pack.id = PackId{id};
      pack.account = AccountId{1};
      pack.product = product;
      pack.tier = "30k";
      pack.quota = 30'000;
      pack.purchased_at = pack.effective_from = noon - day;
      pack.expires_at = at;
    }
    ledger.transact("test", Instant::earliest(), [&](LedgerTransaction& tx) {
      tx.add_packs(packs);
      return Verdict::commit;
    });
  }
  void top_up(MoneyMicros amount, const std::string& account = "acme", Instant at = noon) {
    ASSERT_TRUE(
        top_up_balance(ledger, context, {account, amount, new_request_id(), at}, new_request_id()));
  }
  // An account that pays for what it uses from noon on: its pack is used up.
  void make_postpaid(const std::string& account, MoneyMicros balance) {
    if (account != "acme") add_ready_account(database, account);
    top_up(balance, account, noon - day);
    buy("30k", noon - day, account);
    use(account, 30'000, noon, noon);
  }
  void use(const std::string& account, Units units, Instant at, Instant now) {
    const std::string name = "f" + std::to_string(++files) + ".csv";
    host.drop(name, csv({{.id = name,
                          .account = account,
                          .time = to_rfc3339(at),
                          .quantity = std::to_string(units)}}));
    host.run(now);
    last_file = name;
  }
  void void_last() {
    MySqlReports reports(database.address());
    ASSERT_TRUE(void_file(ledger, context,
                          {reports.find_files(last_file).at(0), "test", false, noon},
                          new_request_id()));
  }
  JobReport run(Instant now, std::int64_t spread_s = 0) {
    BillingJobs jobs(ledger, store, context, {"test", 60, spread_s});
    return jobs.run(now);
  }
  std::string value(const std::string& query) { return database.value(query); }
  std::string charges() {
    return value(
        "SELECT GROUP_CONCAT(CONCAT(charged_day, IF(is_credit, ' credit ', ' '), usage_day, ' ',"
        " units, ' ', amount_micros) ORDER BY seq, usage_day, is_credit SEPARATOR '; ') FROM"
        " charge");
  }
  std::string balance() { return value("SELECT balance_micros FROM money_balance"); }
  std::string notices(const std::string& kind) {
    return value(
        "SELECT GROUP_CONCAT(CONCAT(cause, ' ', state) ORDER BY seq, cause SEPARATOR ', ')"
        " FROM notice WHERE kind = '" +
        kind + "'");
  }

  TestDatabase database;
  BillingContext context = shipped_billing(database);
  MySqlLedger ledger{database.address()};
  MySqlJobStore store{database.address()};
  Host host{database, "h1"};
  int files = 0;
  std::string last_file;
};

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

TEST_F(Jobs, N1_reminders_go_out_three_days_and_one_day_before_once_each) {
  claim(noon);
  const Instant expiry = noon + Span::days(7);
  EXPECT_EQ(run(expiry - Span::days(3) - Span{1'000}).reminders, 0);
  EXPECT_EQ(run(expiry - Span::days(3)).reminders, 1);
  EXPECT_EQ(run(expiry - Span::days(3)).reminders, 0);
  EXPECT_EQ(run(expiry - Span::days(1)).reminders, 1);
  EXPECT_EQ(notices("pack_expiring"), "3 due, 1 due");
}

TEST_F(Jobs, N1_after_downtime_only_the_tightest_goes_out) {
  claim(noon);
  run(noon + Span::days(6) + Span::minutes(1));
  EXPECT_EQ(notices("pack_expiring"), "1 due, 3 superseded");
}

TEST_F(Jobs, N1_a_used_up_pack_gets_none) {
  claim(noon);
  use("acme", 20'000, noon, noon);
  run(noon + Span::days(6));
  EXPECT_EQ(notices("pack_expiring"), "NULL");
}

TEST_F(Jobs, N1_N3_a_closed_account_is_not_reminded_and_is_told_of_its_money) {
  make_postpaid("acme", 1'000'000);
  use("acme", 300, noon, noon);
  buy("30k", noon + Span::minutes(1));
  const std::vector<std::string> names{"acme"};
  ASSERT_TRUE(learn(ledger, context, names, std::array{AccountFactKind::closed},
                    noon + Span::minutes(2), new_request_id()));
  ASSERT_TRUE(take_refund_step(ledger, context,
                               {PackId{2}, RefundStep::requested, "", noon + Span::minutes(3)},
                               new_request_id()));
  ASSERT_TRUE(take_refund_step(ledger, context,
                               {PackId{2}, RefundStep::rejected, "no", noon + Span::minutes(4)},
                               new_request_id()));
  ASSERT_EQ(run(charge_time).bills, 1);
  EXPECT_EQ(run(noon + Span::days(363)).reminders, 0);
  EXPECT_EQ(notices("pack_expiring"), "NULL");
  EXPECT_EQ(notices("bill"), "20777 due");
  EXPECT_NE(notices("arrears"), "NULL");
  EXPECT_EQ(notices("refund_step"), "1 due, 2 due");
}

TEST_F(Jobs, N3_O10_an_expiry_is_told_and_stops_the_service_at_its_instant) {
  claim(noon);
  EXPECT_EQ(run(noon + Span::days(9)).packs_expired, 1);
  EXPECT_EQ(notices("pack_expired"), "0 due");
  EXPECT_EQ(value("SELECT CONCAT(reason, ' ', changed_at) FROM service_change WHERE reason <> ''"),
            "trial_expired 2026-11-27 12:00:00.000000");
  EXPECT_EQ(run(noon + Span::days(9)).packs_expired, 0);
}

// A product of which overage has a price from 2026-12-01 on, the midnight of Shanghai.
class PricedLater : public Jobs {
 protected:
  PricedLater() {
    catalogue = *context.catalogue;
    catalogue.products.at(0).postpaid_prices = {{BusinessDay{20'788}, 5'000}};
    context.catalogue = &catalogue;
    host.settings().catalogue.products.at(0).postpaid_prices =
        catalogue.products.at(0).postpaid_prices;
    host.restart();
  }
  std::string services() {
    return value(
        "SELECT GROUP_CONCAT(CONCAT(account_id, ' ', IF(reason = '', covered_by, reason), ' ',"
        " changed_at) ORDER BY account_id, seq, change_no SEPARATOR '; ') FROM service_change"
        " WHERE covered_by <> 'packs'");
  }
  const Instant midnight = noon + Span::days(10) + Span::minutes(4 * 60);
  Catalogue catalogue;
};

TEST_F(PricedLater, O1_O2_O3_postpaid_neither_covers_nor_is_told_before_its_price_begins) {
  make_postpaid("acme", 1'000'000);
  EXPECT_EQ(services(), "1 packs_exhausted 2026-11-20 12:00:00.000000");
  use("acme", 5, noon, noon);
  EXPECT_EQ(host.receipt_value(last_file, "units"),
            R"({"accepted":5,"drawn":0,"overage":0,"overrun":5,"not_billable":0})");
  EXPECT_EQ(notices("postpaid_in_effect"), "NULL");
  EXPECT_NE(notices("service_stopped"), "NULL");
  EXPECT_EQ(
      value("SELECT body FROM outbox WHERE channel = 'inbox' AND kind = 'postpaid_on'"),
      "Postpaid of captcha is on for account acme. What no pack covers is charged each day from "
      "2026-12-01 on; before that day the service stops when the packs end.");
}

TEST_F(PricedLater, O10_a_price_that_begins_sets_services_going_as_of_its_midnight) {
  make_postpaid("acme", 1'000'000);
  make_postpaid("beta", 1'000'000);
  make_postpaid("off", 1'000'000);
  const std::vector<std::string> names{"off"};
  ASSERT_TRUE(switch_postpaid(ledger, context, {"captcha", names, false, noon}, new_request_id()));
  buy("30k", noon, "beta");  // covered at the midnight
  run(midnight - Span{1'000});
  const std::string before = services();
  EXPECT_EQ(before,
            "1 packs_exhausted 2026-11-20 12:00:00.000000; 2 packs_exhausted 2026-11-20 "
            "12:00:00.000000; 3 packs_exhausted 2026-11-20 12:00:00.000000");
  EXPECT_EQ(run(midnight + Span::minutes(90)).services_priced, 1);
  EXPECT_EQ(value("SELECT CONCAT(covered_by, ' ', changed_at) FROM service_change WHERE account_id"
                  " = 1 ORDER BY seq DESC LIMIT 1"),
            "postpaid 2026-11-30 16:00:00.000000");
  EXPECT_EQ(value("SELECT COUNT(*) FROM service_change WHERE covered_by = 'postpaid'"), "1");
  EXPECT_NE(notices("postpaid_in_effect"), "NULL");
  EXPECT_NE(notices("service_resumed"), "NULL");
  const std::string sequence = value("SELECT seq FROM ledger_sequence");
  EXPECT_EQ(run(midnight + Span::minutes(91)).services_priced, 0);
  EXPECT_EQ(value("SELECT seq FROM ledger_sequence"), sequence) << "it is done once";
}

TEST_F(PricedLater, O10_an_expiry_and_a_price_that_nobody_noticed_are_stored_in_their_order) {
  claim(noon);  // until 2026-11-27
  top_up(1'000'000);
  add_pack(database, "acme", 10, noon, noon + Span::days(8));
  add_postpaid(database, "acme", PostpaidStep::on, noon);
  run(midnight + Span::minutes(1));
  EXPECT_EQ(services(),
            "1 packs_expired 2026-11-28 12:00:00.000000; 1 postpaid 2026-11-30 16:00:00.000000");
}

TEST_F(PricedLater, O9_each_change_of_an_account_notices_a_price_that_has_begun) {
  make_postpaid("acme", 1'000'000);
  top_up(1, "acme", midnight + Span::minutes(5));
  EXPECT_EQ(value("SELECT CONCAT(covered_by, ' ', changed_at) FROM service_change ORDER BY seq DESC"
                  " LIMIT 1"),
            "postpaid 2026-11-30 16:00:00.000000");
TEST_F(Jobs, O9_any_number_of_packs_that_expire_together_end_in_bounded_pieces) {
  add_packs_that_expire(noon + Span::minutes(60), 2'500);
  EXPECT_EQ(run(noon + Span::minutes(120)).packs_expired, 2'500);
  EXPECT_EQ(value("SELECT COUNT(*) FROM notice WHERE kind = 'pack_expired'"), "2500");
  EXPECT_EQ(value("SELECT GROUP_CONCAT(packs ORDER BY seq) FROM (SELECT seq, COUNT(*) packs FROM"
                  " notice WHERE kind = 'pack_expired' GROUP BY seq) pieces"),
            "1000,1000,500");
  EXPECT_EQ(run(noon + Span::minutes(120)).packs_expired, 0);
}

TEST_F(Jobs, O9_expiries_go_on_in_the_middle_of_an_instant) {
  const Instant expiry = noon + Span::minutes(60);
  add_packs_that_expire(expiry, 5);
  const auto lease = store.take("expire", "other", 60, noon);
  ASSERT_TRUE(lease);
  ledger.transact("expire", Instant::earliest(), [&](LedgerTransaction& tx) {
    const auto packs = tx.jobs().packs_expiring({}, expiry, 2);
    EXPECT_EQ(packs.size(), 2U);
    tx.jobs().set_expiries_done(*lease,
                                {Instant::from_micros(expiry.micros() - 1), packs.back().pack.id});
    return Verdict::commit;
  });
  store.give_back(*lease, std::nullopt);
  EXPECT_EQ(run(noon).packs_expired, 0);  // as of an earlier instant: what is done stays done
  EXPECT_EQ(run(expiry).packs_expired, 3);
  EXPECT_EQ(value("SELECT GROUP_CONCAT(pack_id ORDER BY pack_id) FROM notice WHERE kind ="
                  " 'pack_expired'"),
            "3,4,5");
  EXPECT_EQ(run(expiry + day).packs_expired, 0);
}

TEST_F(Jobs, N3_an_expiry_that_is_looked_at_again_is_told_once) {
  add_packs_that_expire(noon + Span::minutes(60), 3);
  EXPECT_EQ(run(noon + Span::minutes(120)).packs_expired, 3);
  const std::string told = "SELECT COUNT(*) FROM notice WHERE kind = 'pack_expired'";
  EXPECT_EQ(value(told), "3");
  database.session().execute(
      "UPDATE job SET done_until = '2026-11-20 00:00:00' WHERE name = 'expire'");
  EXPECT_TRUE(run(noon + Span::minutes(180)).set_aside.empty());
  EXPECT_EQ(value(told), "3");
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
