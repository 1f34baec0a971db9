#include <gtest/gtest.h>

#include "store/job_rows.h"
#include "store/situation_reads.h"
#include "usecases/billing_jobs.h"
#include "usecases/money_commands.h"
#include "usecases/pack_commands.h"
#include "usecases/world.h"

// An account for which the ledger cannot hold what is due costs only itself.
namespace packwarden::testing {
namespace {

constexpr Instant charge_time = noon + Span::minutes(12 * 60);
constexpr Span day = Span::days(1);
constexpr int tenants = 30;

class SetAsideAccounts : public ::testing::Test {
 protected:
  SetAsideAccounts() {
    for (int i = 1; i <= tenants; ++i) add_ready_account(database, name_of(i));
  }

  static std::string name_of(int i) { return "tenant-" + std::to_string(i); }
  // Ten units of each account on the business day of noon and `days` more.
  void open(int days = 0) {
    run("INSERT INTO open_overage (account_id, product_id, business_day, is_credit, price_micros,"
        " units) SELECT account_id, 1, '2026-11-20' + INTERVAL " +
        std::to_string(days) + " DAY, 0, 0, 10 FROM account");
  }
  void claim_trials_of_all() {
    std::vector<std::string> names;
    for (int i = 1; i <= tenants; ++i) names.push_back(name_of(i));
    ASSERT_TRUE(claim_trials(ledger, context, {"captcha", names, noon}, new_request_id()));
  }
  // The database refuses rows of the table for which this does not hold.
  void refuse(const std::string& table, const std::string& unless) {
    run("ALTER TABLE " + table + " ADD CONSTRAINT odd CHECK (" + unless + ")");
  }
  void mend(const std::string& table) { run("ALTER TABLE " + table + " DROP CONSTRAINT odd"); }
  void run(const std::string& statement) { database.session().execute(statement); }
  std::string value(const std::string& query) { return database.value(query); }

  JobReport jobs(Instant now) {
    JobOptions options{"test", 60, 0};
    options.settlement_accounts = 4;
    BillingJobs jobs(ledger, store, context, options, {&second, &third});
    return jobs.run(now);
  }
  JobReport expire(Instant now) {
    JobReport report;
    BillingJobs(ledger, store, context, {"test", 60, 0}).expire(now, report);
    return report;
  }
  std::string charged() { return value("SELECT COUNT(DISTINCT account_id) FROM charge"); }
  std::string aside() {
    return value(
        "SELECT COALESCE(GROUP_CONCAT(job, ' ', account_id, ' ', tries ORDER BY job, account_id),"
        " '') FROM set_aside");
  }

  TestDatabase database;
  BillingContext context = shipped_billing(database);
  MySqlLedger ledger{database.address()};
  MySqlLedger second{database.address()};
  MySqlLedger third{database.address()};
  MySqlJobStore store{database.address()};
};

using O6_SetAside = SetAsideAccounts;
using N1_SetAside = SetAsideAccounts;
using O10_SetAside = SetAsideAccounts;

TEST_F(O6_SetAside, AllOthersAreChargedAndItIsNamed) {
  open();
  refuse("charge", "account_id NOT IN (7, 22)");
  const JobReport report = jobs(charge_time);
  EXPECT_EQ(report.bills, tenants - 2);
  EXPECT_EQ(charged(), std::to_string(tenants - 2));
  EXPECT_EQ(aside(), "settle 7 1,settle 22 1");
  ASSERT_EQ(report.set_aside.size(), 2u);
  EXPECT_EQ(report.set_aside.front().account_name, "tenant-7");
  EXPECT_NE(report.set_aside.front().reason.find("(4025)"), std::string::npos);

  MysqlSituationReads reads{database.address()};
  const LedgerSituation situation = reads.look(10);
  ASSERT_EQ(situation.set_aside.size(), 2u);
  EXPECT_EQ(situation.set_aside.back().account_name, "tenant-22");
  EXPECT_EQ(situation.set_aside_accounts.at("settle"), 2);
  EXPECT_EQ(value("SELECT COUNT(*) FROM job WHERE holder <> ''"), "0");
}

TEST_F(O6_SetAside, AChargeThatNoColumnHoldsIsOneOfThem) {
  open();
  run("UPDATE open_overage SET units = 4000000000000000000 WHERE account_id = 3");
  EXPECT_EQ(jobs(charge_time).bills, tenants - 1);
  EXPECT_NE(value("SELECT reason FROM set_aside").find("(1264)"), std::string::npos);
}

TEST_F(O6_SetAside, ItIsTriedWithTheNextDayAndThenChargedForAllOfItsDays) {
  open();
  refuse("charge", "account_id <> 7");
  jobs(charge_time);
  open(1);
  EXPECT_EQ(jobs(charge_time + day).bills, tenants - 1);
  EXPECT_EQ(aside(), "settle 7 2");
  mend("charge");
  EXPECT_EQ(jobs(charge_time + day + Span::minutes(60)).bills, 0) << "once a day";
  open(2);
  const JobReport report = jobs(charge_time + day + day);
  EXPECT_EQ(report.bills, tenants);
  ASSERT_EQ(report.taken_back.size(), 1u);
  EXPECT_EQ(report.taken_back.front().account_name, "tenant-7");
  EXPECT_EQ(aside(), "");
  EXPECT_EQ(value("SELECT GROUP_CONCAT(charged_day, ' ', usage_day ORDER BY usage_day) FROM charge"
                  " WHERE account_id = 7"),
            "2026-11-22 2026-11-20,2026-11-22 2026-11-21,2026-11-22 2026-11-22");
}

TEST_F(O6_SetAside, OneWithNothingOpenAnyMoreIsTakenBack) {
  open();
  refuse("charge", "account_id <> 7");
  jobs(charge_time);
  run("UPDATE open_overage SET units = 0");
  jobs(charge_time + Span::minutes(1));
  EXPECT_EQ(aside(), "");
}

TEST_F(O10_SetAside, AllOthersExpireAndItDoesSoOnceItCan) {
  claim_trials_of_all();
  refuse("notice", "NOT (kind = 'pack_expired' AND account_id IN (4, 30))");
  const Instant over = noon + Span::days(8);
  EXPECT_EQ(expire(over).packs_expired, tenants - 2);
  const auto stopped = [&] {
    return value("SELECT COUNT(*) FROM service_change WHERE reason = 'trial_expired'");
  };
  EXPECT_EQ(stopped(), std::to_string(tenants - 2));
  EXPECT_EQ(aside(), "expire 4 1,expire 30 1");
  mend("notice");
  expire(over + Span::minutes(60));
  EXPECT_EQ(stopped(), std::to_string(tenants - 2)) << "once a day";
  EXPECT_EQ(expire(over + day).taken_back.size(), 2u);
  EXPECT_EQ(stopped(), std::to_string(tenants));
  EXPECT_EQ(value("SELECT COUNT(*) FROM notice WHERE kind = 'pack_expired'"),
            std::to_string(tenants));
  EXPECT_EQ(value("SELECT MAX(changed_at) FROM service_change"), "2026-11-27 12:00:00.000000")
      << "the instant of the expiry, however late";
  EXPECT_EQ(aside(), "");
}

TEST_F(N1_SetAside, AllOthersAreRemindedAndItIsOnceItCan) {
  claim_trials_of_all();
  refuse("notice", "NOT (kind = 'pack_expiring' AND account_id = 4)");
  const Instant due = noon + Span::days(4);
  EXPECT_EQ(jobs(due).reminders, tenants - 1);
  EXPECT_EQ(jobs(due).reminders, 0);
  EXPECT_EQ(aside(), "remind 4 1");
  EXPECT_EQ(jobs(due + day).reminders, 0) << "tried, in vain";
  EXPECT_EQ(aside(), "remind 4 2");
  mend("notice");
  EXPECT_EQ(jobs(due + day + Span::minutes(60)).reminders, 0);
  jobs(due + day + day);
  EXPECT_EQ(value("SELECT GROUP_CONCAT(cause, ' ', state ORDER BY cause) FROM notice WHERE kind ="
                  " 'pack_expiring' AND account_id = 4"),
            "1 due,3 superseded");
  EXPECT_EQ(aside(), "");
}

// Not of one account: jobs wait, as for a database that is away.
TEST_F(O6_SetAside, WhatFailsForNoSingleAccountSetsNoneAside) {
  claim_trials_of_all();
  refuse("job", "name <> 'expire' OR done_until IS NULL");
  EXPECT_THROW(jobs(noon + Span::days(8)), LedgerUnavailable);
  EXPECT_EQ(aside(), "");
}

}  // namespace
}  // namespace packwarden::testing
