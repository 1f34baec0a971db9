#include <gtest/gtest.h>

#include "app/job_loop.h"
#include "store/job_rows.h"
#include "usecases/pack_commands.h"
#include "usecases/world.h"

namespace packwarden::testing {
namespace {

// run-once beside another process that has a lease.
class RunAllJobs : public ::testing::Test {
 protected:
  RunAllJobs() {
    add_ready_account(database, "acme");
    MySqlLedger ledger(database.address());
    const std::vector<std::string> names{"acme"};
    EXPECT_TRUE(claim_trials(ledger, context, {"captcha", names, noon}, "trial"));
    host.settings().jobs.lease_s = 1;
  }
  // Another process has the lease for so long, by the clock of the database.
  void hold(const std::string& job, int seconds) {
    database.session().execute("REPLACE INTO job (name, holder, fence, lease_until) VALUES ('" +
                               job + "', 'billing-2/17', 1, UTC_TIMESTAMP(6) + INTERVAL " +
                               std::to_string(seconds) + " SECOND)");
  }
  bool run_all() {
    JobComposition jobs(host.settings(), 0);
    return run_all_jobs(jobs, over);
  }
  std::string expired() {
    return database.value("SELECT COUNT(*) FROM notice WHERE kind = 'pack_expired'");
  }

  TestDatabase database;
  BillingContext context = shipped_billing(database);
  Host host{database, "h1"};
  Instant over = noon + Span::days(8);  // the trial is
};

TEST_F(RunAllJobs, O10_what_is_due_is_done) {
  EXPECT_TRUE(run_all());
  EXPECT_EQ(expired(), "1");
}

TEST_F(RunAllJobs, O10_a_lease_that_ends_is_waited_for) {
  hold("expire", 1);
  EXPECT_TRUE(run_all());
  EXPECT_EQ(expired(), "1");
}

TEST_F(RunAllJobs, O10_a_lease_that_stays_keeps_due_work_from_being_done_and_is_told) {
  hold("expire", 3'600);
  ::testing::internal::CaptureStderr();
  const bool is_all_done = run_all();
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_FALSE(is_all_done);
  EXPECT_EQ(expired(), "0");
  EXPECT_NE(log.find("job expire may not have done all that was due: billing-2/17"),
            std::string::npos)
      << log;
}

TEST_F(RunAllJobs, O10_a_lease_of_one_who_has_done_all_is_no_hindrance) {
  EXPECT_TRUE(run_all());
  database.session().execute(
      "UPDATE job SET holder = 'billing-2/17', lease_until = UTC_TIMESTAMP(6) + INTERVAL 1 HOUR");
  EXPECT_TRUE(run_all());
}

}  // namespace
}  // namespace packwarden::testing
