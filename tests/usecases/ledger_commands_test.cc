#include "usecases/ledger_commands.h"

#include <gmock/gmock.h>

#include "store/deployment_store.h"
#include "store/job_rows.h"
#include "store/mysql_reports.h"
#include "usecases/audit.h"
#include "usecases/backup.h"
#include "usecases/billing_jobs.h"
#include "usecases/money_commands.h"
#include "usecases/pack_commands.h"

namespace packwarden::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

LedgerOptions by_clock() {
  LedgerOptions options;
  options.accept_clock = true;
  return options;
}

// A ledger that a wrong clock of the database took 8 days ahead.
class LedgerCommands : public ::testing::Test {
 protected:
  LedgerCommands() { add_ready_account(database, "acme"); }

  void run_ahead() {
    const std::vector<std::string> names{"acme"};
    ASSERT_TRUE(claim_trials(ledger, context, {"captcha", names, ahead}, "trial"));
    ASSERT_TRUE(top_up_balance(ledger, context, {"acme", 700'000'000, "bank-1", ahead}, "money"));
    MySqlJobStore jobs(database.address());
    BillingJobs(ledger, jobs, context, {"test", 60, 0}).run(ahead);
  }
  void top_up(const std::string& request_id) {
    ASSERT_TRUE(top_up_balance(ledger, context, {"acme", 5, request_id, std::nullopt}, request_id));
  }
  Instant clock() { return ledger.database_now(); }
  std::int64_t breaks() {
    MySqlReports reports(database.address());
    std::int64_t sum = 0;
    for (const AuditCheck& check :
         audit_ledger(reports, {context.catalogue, context.calendar}).checks) {
      sum += check.breaks;
    }
    return sum;
  }

  TestDatabase database;
  BillingContext context = shipped_billing(database);
  MySqlLedger ledger{database.address()};
  MySqlLedger accepting{database.address(), by_clock()};
  const Instant ahead = clock() + Span::days(8);
};

TEST_F(LedgerCommands, O10_a_ledger_that_is_ahead_goes_on_once_the_clock_is_accepted) {
  run_ahead();
  EXPECT_THROW(top_up("too-early"), ClocksDiffer);
  const Instant before = clock();
  const CommandOutcome done = accept_clock(accepting, "accept");
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_FALSE(done->repeated);
  EXPECT_GE(ledger.head().instant, before);
  EXPECT_LE(ledger.head().instant, clock());
  top_up("again");
  EXPECT_LE(ledger.head().instant, clock());
  EXPECT_EQ(breaks(), 0);
}

TEST_F(LedgerCommands, O6_jobs_look_again_at_what_they_had_done_for_the_time_ahead) {
  run_ahead();
  const std::string ahead_of_us =
      "SELECT COUNT(*) FROM job WHERE done_until > UTC_TIMESTAMP(6) + INTERVAL 1 DAY";
  ASSERT_NE(database.value(ahead_of_us), "0");
  ASSERT_TRUE(accept_clock(accepting, "accept"));
  EXPECT_EQ(database.value(ahead_of_us), "0");
}

TEST_F(LedgerCommands, P9_the_clock_is_accepted_once_for_a_request) {
  run_ahead();
  ASSERT_TRUE(accept_clock(accepting, "accept"));
  const Sequence sequence = ledger.head().sequence;
  const CommandOutcome again = accept_clock(accepting, "accept");
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->repeated);
  EXPECT_EQ(ledger.head().sequence, sequence);
  const CommandOutcome other = accept_clock(accepting, "another");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, "not_ahead");
  EXPECT_EQ(ledger.head().sequence, sequence);
}

TEST_F(LedgerCommands, O6_what_is_dated_ahead_is_said_first) {
  top_up("in-time");
  MySqlDeploymentStore store(ledger);
  EXPECT_EQ(store.dated_ahead(clock(), 10).transactions, 0);
  const Sequence after = ledger.head().sequence;
  run_ahead();
  ledger.transact("settle", ahead, [&](LedgerTransaction& tx) {
    Journal charge;
    charge.kind = JournalKind::charge;
    charge.account = AccountId{1};
    charge.amount_micros = -615'000;
    charge.reference = "captcha 2026-12-07";
    charge.booked_at = ahead;
    tx.add_journals(std::span(&charge, 1));
    return Verdict::commit;
  });
  const DatedAhead found = store.dated_ahead(clock(), 10);
  EXPECT_EQ(found.after, after);
  EXPECT_EQ(found.packs_count, 1);
  EXPECT_EQ(found.services_count, 1);
  const std::vector<std::string> sentences = sentences_of(found, ledger.head(), clock(), "CNY");
  EXPECT_THAT(sentences.front(), StartsWith("The last ledger transaction ("));
  EXPECT_THAT(sentences, Contains(StartsWith("pack 1 of acme (trial) is valid from ")));
  EXPECT_THAT(sentences, Contains(StartsWith("captcha of acme is active by packs since ")));
  EXPECT_THAT(sentences, Contains("2026-12-07 was charged: 1 bill, 0.615 CNY"));
  EXPECT_THAT(sentences_of(store.dated_ahead(clock(), 0), ledger.head(), clock(), "CNY"),
              Contains("and 1 pack more"));
}

TEST_F(LedgerCommands, U8_an_older_database_is_accepted_by_its_number_and_all_load_again) {
  top_up("kept");
  Backup backup(database);
  top_up("lost");
  backup.restore();
  EXPECT_THROW(ledger.head(), LedgerBehind);
  MySqlLedger fresh(database.address());  // as packctl is one
  const Sequence at = fresh.head().sequence;
  const std::uint32_t history = fresh.head().history;
  const CommandOutcome wrong = accept_older(fresh, at + 1, std::nullopt, "accept-1");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, "moved_on");
  EXPECT_THROW(ledger.head(), LedgerBehind) << "nothing was changed";
  ASSERT_TRUE(accept_older(fresh, at, std::nullopt, "accept-2"));
  EXPECT_THROW(ledger.head(), OtherHistory);
  ledger.load(
      Follower::rating, [](Changes) {}, nullptr);
  EXPECT_EQ(ledger.head().sequence, at + 1);
  EXPECT_EQ(ledger.head().history, history + 1);
  top_up("after");
  EXPECT_EQ(breaks(), 0);
}

}  // namespace
}  // namespace packwarden::testing
