#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/deployment_store.h"
#include "store/job_rows.h"
#include "store/mysql_reports.h"
#include "usecases/account_commands.h"
#include "usecases/billing_jobs.h"
#include "usecases/file_void.h"
#include "usecases/money_commands.h"
#include "usecases/pack_commands.h"
#include "usecases/refund_commands.h"
#include "usecases/world.h"

namespace packwarden::testing {
namespace {

// A ledger in which everything happened once: a trial, packs, a refund, usage of all outcomes, a
// void, a bill.
class Audit : public ::testing::Test {
 protected:
  Audit() {
    for (const std::string name : {"acme", "zeta"}) add_ready_account(database, name);
    const std::vector<std::string> acme{"acme"};
    const std::vector<std::string> zeta{"zeta"};
    EXPECT_TRUE(claim_trials(ledger, context, {"captcha", zeta, noon}, "trial"));
    EXPECT_TRUE(top_up_balance(ledger, context, {"acme", 400'000'000, "bank-1", noon}, "top-up"));
    EXPECT_TRUE(buy_packs(ledger, context, {"captcha", acme, noon}, "30k", "buy"));
    EXPECT_TRUE(buy_packs(ledger, context, {"captcha", zeta, noon, "bank-2"}, "30k", "buy-2"));
    for (const RefundStep step : {RefundStep::requested, RefundStep::approved, RefundStep::ordered,
                                  RefundStep::completed}) {
      EXPECT_TRUE(take_refund_step(ledger, context, {PackId{3}, step, "", noon},
                                   std::string(name_of(step))));
    }
    take("a.csv", {{.id = "1", .quantity = "30000"}, {.id = "2", .quantity = "7"}});
    take("b.csv", {{.id = "3", .account = "zeta", .quantity = "5"}, {.id = "1", .quantity = "9"}});
    take("c.csv", {{.id = "4", .account = "zeta", .quantity = "3"},
                   {.id = "5", .meter = "ticket_check"},
                   {.id = "6", .account = "nobody"}});
    const Digest digest = reports.find_files("c.csv").at(0);
    EXPECT_TRUE(void_file(ledger, context, {digest, "test", false, noon}, "void"));
    MySqlJobStore store(database.address());
    BillingJobs(ledger, store, context, {"test", 60, 0}).run(noon + Span::days(1));
  }
  void take(const std::string& name, std::vector<Line> lines) {
    for (Line& line : lines) line.time = to_rfc3339(noon);
    host.drop(name, csv(lines));
    host.run(noon + Span::seconds(1));
  }
  // The checks with breaks, and the first break of each.
  std::string broken() {
    std::string names;
    for (const AuditCheck& check :
         audit_ledger(reports, {context.catalogue, context.calendar, 10}).checks) {
      if (check.breaks == 0) continue;
      names += (names.empty() ? "" : " ") + check.name;
      EXPECT_EQ(check.breaks, static_cast<std::int64_t>(check.shown.size()));
      last_break = check.shown.front();
    }
    return names;
  }
  std::string after(const std::string& damage) {
    EXPECT_GT(database.session().execute(damage), 0U) << damage;
    return broken();
  }

  TestDatabase database;
  BillingContext context = shipped_billing(database);
  MySqlLedger ledger{database.address()};
  MySqlReports reports{database.address()};
  Host host{database, "h1"};
  std::string last_break;
};

TEST_F(Audit, a_sound_ledger_has_no_breaks_and_each_check_has_looked_at_something) {
  for (const AuditCheck& check :
       audit_ledger(reports, {context.catalogue, context.calendar, 10}).checks) {
    EXPECT_GT(check.looked_at, 0) << check.name;
    EXPECT_EQ(check.breaks, 0) << check.name << ": " << check.shown.front();
  }
}

TEST_F(Audit, P5_a_pack_that_is_not_what_its_entries_say) {
  EXPECT_EQ(after("UPDATE pack_balance SET used_units = 3 WHERE pack_id = 1"), "pack_balances");
  EXPECT_EQ(last_break,
            "pack 1 of zeta has 3 of 20000 units used, but its ledger entries sum to 5");
}
TEST_F(Audit, P6_a_journal_against_the_wrong_book) {
  EXPECT_EQ(after("UPDATE journal SET contra_book = 'sales' WHERE kind = 'payment'"), "journals");
}
TEST_F(Audit, P6_a_payment_and_a_purchase_that_go_the_wrong_way) {
  EXPECT_EQ(after("UPDATE journal SET amount_micros = -amount_micros WHERE kind = 'payment' OR kind"
                  " = 'purchase' AND seq IN (SELECT seq FROM (SELECT * FROM journal) j WHERE kind ="
                  " 'payment')"),
            "journals purchases");
}
TEST_F(Audit, P6_a_balance_that_is_not_the_sum_of_its_journals) {
  EXPECT_EQ(after("UPDATE money_balance SET balance_micros = balance_micros + 1 LIMIT 1"),
            "money_balances");
}
TEST_F(Audit, P6_a_payment_that_is_not_known) {
  EXPECT_EQ(after("DELETE FROM payment WHERE reference = 'bank-1'"), "payments");
}
TEST_F(Audit, P6_a_pack_that_was_not_paid_for) {
  EXPECT_EQ(after("UPDATE pack SET price_micros = 1 WHERE pack_id = 2"), "purchases");
}
TEST_F(Audit, P8_a_refund_that_skipped_a_step) {
  EXPECT_EQ(after("DELETE FROM refund_step WHERE step = 'approved'"), "refunds");
}
TEST_F(Audit, P2_a_second_trial) {
  EXPECT_EQ(after("INSERT INTO pack SELECT 99, account_id, product_id, tier, TRUE, quota_units, 0,"
                  " priority, purchased_at, effective_from, expires_at, notice_levels,"
                  " reminder_days, refund_window_days, seq, NULL, NULL FROM pack WHERE"
                  " is_trial"),
            "pack_balances trials");
}
TEST_F(Audit, O6_a_bill_that_is_not_the_sum_of_its_lines) {
  EXPECT_EQ(after("UPDATE bill SET amount_micros = amount_micros + 1"), "bills bill_journals");
}
TEST_F(Audit, O2_a_charge_that_is_not_units_times_price) {
  EXPECT_EQ(after("UPDATE charge SET price_micros = price_micros + 1"), "charges");
}
TEST_F(Audit, O6_overage_that_is_charged_twice) {
  EXPECT_EQ(after("INSERT INTO open_overage SELECT account_id, product_id, usage_day, FALSE, 0,"
                  " units FROM charge"),
            "overage");
}
TEST_F(Audit, U7_a_unit_that_does_not_add_up) {
  EXPECT_EQ(after("UPDATE rating_unit SET data_lines = data_lines + 1 LIMIT 1"), "unit_counts");
}
TEST_F(Audit, U8_entries_that_are_not_what_their_units_say) {
  EXPECT_EQ(after("UPDATE ledger_entry SET units = units + 1 WHERE outcome = 4 AND units > 0"),
            "unit_entries");
}
TEST_F(Audit, U10_a_void_that_took_back_too_little) {
  EXPECT_EQ(after("UPDATE ledger_entry SET units = units + 1 WHERE outcome = 4 AND units < 0"),
            "voids");
}
TEST_F(Audit, U3_ids_that_are_missing) {
  EXPECT_EQ(after("DELETE FROM dedupe_segment WHERE kind = 'added' LIMIT 1"), "dedupe_keys");
}
TEST_F(Audit, N2_a_level_that_nobody_was_told_of) {
  EXPECT_EQ(after("DELETE FROM notice WHERE kind = 'pack_usage' AND cause = 70"),
            "usage_notices told_levels");
}
TEST_F(Audit, N2_a_level_that_would_be_told_again) {
  EXPECT_EQ(after("DELETE FROM told_level WHERE level_percent = 70"), "told_levels");
}
TEST_F(Audit, N3_a_bill_that_nobody_was_told_of) {
  EXPECT_EQ(after("DELETE FROM notice WHERE kind = 'bill'"), "bill_notices");
}
TEST_F(Audit, N5_a_notice_without_a_delivery) {
  EXPECT_EQ(after("DELETE FROM outbox LIMIT 1"), "deliveries");
}
TEST_F(Audit, O10_a_stored_state_that_is_not_what_packs_postpaid_and_balance_make_it) {
  EXPECT_EQ(after("UPDATE service_change SET covered_by = 'none', reason = 'packs_exhausted' WHERE"
                  " covered_by = 'postpaid'"),
            "service_states");
  EXPECT_EQ(
      last_break,
      "captcha of acme is stored as stopped by packs_exhausted, but by its packs, postpaid and"
      " balance it is active by postpaid");
}
TEST_F(Audit, O10_a_reason_that_is_another) {
  database.session().execute("UPDATE postpaid_change SET step = 'off' WHERE step = 'on'");
  EXPECT_EQ(broken(), "service_states");
  EXPECT_EQ(after("UPDATE service_change SET covered_by = 'none', reason = 'packs_expired' WHERE"
                  " covered_by = 'postpaid'"),
            "service_states");
  EXPECT_EQ(after("UPDATE service_change SET reason = 'packs_exhausted' WHERE reason ="
                  " 'packs_expired'"),
            "");
}
TEST_F(Audit, O10_a_change_of_state_that_is_missing) {
  EXPECT_EQ(after("DELETE FROM service_change WHERE covered_by = 'postpaid'"), "service_states");
}
TEST_F(Audit, O10_a_pack_that_ended_unseen_and_one_whose_end_the_job_has_yet_to_see) {
  // The trial of zeta is over for long, and nobody has looked.
  ASSERT_TRUE(top_up_balance(ledger, context, {"acme", 1, "bank-30", noon + Span::days(30)}, "on"));
  EXPECT_EQ(broken(), "");
  EXPECT_EQ(after("UPDATE job SET done_until = '2036-01-01' WHERE name = 'expire'"),
            "service_states");
}
TEST_F(Audit, O10_many_accounts_are_looked_at_and_none_twice) {
  constexpr int more = 4'500;
  std::vector<std::string> names;
  for (int i = 0; i < more; ++i) names.push_back("n" + std::to_string(i));
  ASSERT_TRUE(add_accounts(ledger, names, "en", noon, "more"));
  ASSERT_TRUE(claim_trials(ledger, context, {"captcha", names, noon}, "trials"));
  const std::vector<AuditCheck> checks =
      audit_ledger(reports, {context.catalogue, context.calendar, 10}).checks;
  EXPECT_EQ(checks.back().name, "service_states");
  EXPECT_EQ(checks.back().looked_at, more + 2);
  EXPECT_EQ(checks.back().breaks, 0);
}
TEST_F(Audit, U8_a_transaction_that_is_missing) {
  EXPECT_EQ(after("DELETE FROM ledger_transaction WHERE seq = 3"), "transactions");
}
TEST_F(Audit, U8_a_transaction_that_was_changed) {
  EXPECT_EQ(after("UPDATE ledger_transaction SET content = UNHEX(SHA2('other', 256)) WHERE seq ="
                  " 3"),
            "transactions");
}
TEST_F(Audit, U8_ledger_time_that_went_back) {
  EXPECT_EQ(after("UPDATE ledger_transaction SET instant = '2020-01-01' WHERE seq = 3"),
            "transactions");
}

TEST_F(Audit, O2_overage_that_has_no_price) {
  MySqlDeploymentStore store(ledger);
  take_meaning(store, meaning_of(*context.catalogue, "Asia/Shanghai", 36, {}), noon);
  EXPECT_EQ(after("INSERT INTO open_overage SELECT account_id, product_id, usage_day, FALSE, 0, 0 "
                  "FROM charge LIMIT 1"),
            "");
  store.record(RecordedBy::operator_, noon, [](auto) {
    return MeaningValues{{"postpaid-prices", ""}};
  });
  EXPECT_EQ(broken(), "") << "nothing of it is open";
  EXPECT_EQ(after("UPDATE open_overage SET units = 3"), "overage priced_overage");
  EXPECT_THAT(last_break, ::testing::HasSubstr("3 units of overage of acme, product captcha"));
}

}  // namespace
}  // namespace packwarden::testing
