#include "usecases/account_commands.h"
#include "usecases/jobs_world.h"
#include "usecases/postpaid_commands.h"
#include "usecases/refund_commands.h"

// What time alone brings about: reminders, expiries, prices that begin.
namespace packwarden::testing {
namespace {

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
}

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

}  // namespace
}  // namespace packwarden::testing
