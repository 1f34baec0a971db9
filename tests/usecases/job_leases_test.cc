#include <gtest/gtest.h>

#include <functional>

#include "store/job_rows.h"
#include "usecases/billing_jobs.h"
#include "usecases/money_commands.h"
#include "usecases/pack_commands.h"
#include "usecases/world.h"

namespace packwarden::testing {
namespace {

// noon is 2026-11-20 20:00 in Shanghai: that business day is charged at 2026-11-21T00:00:00Z.
constexpr Instant charge_time = noon + Span::minutes(12 * 60);
constexpr int account_count = 3;

using Step = void (BillingJobs::*)(std::optional<Instant>, JobReport&);

struct Job {
  const char* name;
  Step step;
  Instant at;         // when all of its work is due
  const char* work;   // a query: how much of it is done
  const char* all;    // what that says in the end
  const char* table;  // that it needs
};
void PrintTo(const Job& job, std::ostream* out) {
  *out << job.name;
}

// The job of one daemon, with something that happens right before its nth call of the store.
class Interrupted : public MySqlJobStore {
 public:
  Interrupted(const DatabaseAddress& address, int nth, std::function<void()> what)
      : MySqlJobStore(address), nth_(nth), what_(std::move(what)) {}

  bool has_happened() const { return calls_ >= nth_; }

  void give_back(const JobLease& lease, std::optional<Instant> succeeded_at) override {
    happens();
    MySqlJobStore::give_back(lease, succeeded_at);
  }
  bool set_done_until(const JobLease& lease, Instant done_until) override {
    happens();
    return MySqlJobStore::set_done_until(lease, done_until);
  }
  bool has_expiries(const ExpiriesDone& done, Instant upto) override {
    happens();
    return MySqlJobStore::has_expiries(done, upto);
  }
  bool has_reminders(Instant upto, std::span<const AccountId> but) override {
    happens();
    return MySqlJobStore::has_reminders(upto, but);
  }
  std::optional<BusinessDay> first_open_day() override {
    happens();
    return MySqlJobStore::first_open_day();
  }
  std::optional<AccountId> last_of_part(const SettlementPart& part, std::uint32_t count) override {
    happens();
    return MySqlJobStore::last_of_part(part, count);
  }
  std::optional<std::uint64_t> erase_deliveries(const JobLease& lease, std::uint32_t lease_s,
                                                Instant ended_by, std::uint32_t limit) override {
    happens();
    return MySqlJobStore::erase_deliveries(lease, lease_s, ended_by, limit);
  }
  std::optional<std::uint64_t> remove_messages(const JobLease& lease, std::uint32_t lease_s,
                                               Instant stored_by, std::uint32_t limit) override {
    happens();
    return MySqlJobStore::remove_messages(lease, lease_s, stored_by, limit);
  }

 private:
  void happens() {
    if (++calls_ == nth_) what_();
  }

  int nth_;
  int calls_ = 0;
  std::function<void()> what_;
};

// Three tenants with a day to charge and deliveries that have ended, and three with a trial, of
// which they are reminded and which then expires.
class JobLeases : public ::testing::TestWithParam<Job> {
 protected:
  JobLeases() {
    std::vector<Line> lines;
    for (int i = 1; i <= account_count; ++i) add(std::to_string(i), lines);
    Host host(database, "h");
    host.drop("usage.csv", csv(lines));
    host.run();
    database.session().execute(
        "UPDATE outbox SET state = 'sent', ended_at = created_at, next_attempt_at = NULL");
  }

  void add(const std::string& number, std::vector<Line>& lines) {
    const Instant begin = noon - Span::days(2);
    const std::vector<std::string> tenant{"tenant-" + number};
    const std::vector<std::string> trial{"trial-" + number};
    add_ready_account(database, tenant[0]);
    add_ready_account(database, trial[0]);
    EXPECT_TRUE(claim_trials(ledger, context, {"captcha", trial, begin}, new_request_id()));
    EXPECT_TRUE(top_up_balance(ledger, context, {tenant[0], 10'000'000, tenant[0], begin},
                               new_request_id()));
    EXPECT_TRUE(buy_packs(ledger, context, {"captcha", tenant, begin, "pack-" + number}, "30k",
                          new_request_id()));
    lines.push_back({.id = number, .account = tenant[0], .quantity = "30100"});
  }

  JobReport run(JobStore& store, Ledger& its_ledger) {
    JobOptions options{"test", 60, 0};
    options.settlement_accounts = 1;
    JobReport report;
    BillingJobs jobs(its_ledger, store, context, options);
    (jobs.*GetParam().step)(GetParam().at, report);
    return report;
  }
  JobReport run() {
    MySqlJobStore store(database.address());
    return run(store, ledger);
  }

  std::string job(const std::string& columns) {
    return database.value("SELECT " + columns + " FROM job WHERE name = '" + GetParam().name + "'");
  }
  bool is_all_done() { return database.value(GetParam().work) == GetParam().all; }
  // All that is in the database.
  std::string contents() {
    std::string tables;
    database.session().for_each_row("SHOW TABLES", [&](RowView row) {
      tables += (tables.empty() ? "" : ", ") + std::string(*row[0]);
    });
    std::string sums;
    database.session().for_each_row("CHECKSUM TABLE " + tables, [&](RowView row) {
      sums += std::string(*row[0]) + " " + std::string(row[1].value_or("-")) + "\n";
    });
    return sums;
  }

  TestDatabase database;
  BillingContext context = shipped_billing(database);
  MySqlLedger ledger{database.address()};
};

// A daemon stands still for longer than its lease in the middle of a job, wherever that is, and
// another one takes the job over: whatever the first one does then changes nothing.
TEST_P(JobLeases, O6_whoever_lost_the_lease_changes_nothing_from_then_on) {
  MySqlJobStore thief(database.address());
  bool happened = true;
  for (int nth = 1; happened; ++nth) {
    SCOPED_TRACE("before call " + std::to_string(nth));
    std::optional<JobLease> stolen;
    std::string then;
    Interrupted store(database.address(), nth, [&] {
      // A transaction of the job that is under way may hold the lease for longer once more.
      for (int again = 0; !stolen && again < 100; ++again) {
        database.session().execute("UPDATE job SET lease_until = UTC_TIMESTAMP(6)");
        stolen = thief.take(GetParam().name, "thief", 3'600, GetParam().at);
      }
      then = contents();
    });
    const JobReport report = run(store, ledger);
    happened = store.has_happened();
    if (!happened) break;
    ASSERT_TRUE(stolen);
    EXPECT_EQ(contents(), then);
    EXPECT_EQ(job("holder"), "thief");
    thief.give_back(*stolen, std::nullopt);
  }
  run();
  EXPECT_TRUE(is_all_done()) << database.value(GetParam().work);
}

// The last call gives the lease back: until then nothing is called done.
TEST_P(JobLeases, O6_whoever_lost_the_lease_with_work_left_says_so) {
  MySqlJobStore thief(database.address());
  Interrupted store(database.address(), 1, [&] {
    database.session().execute("UPDATE job SET lease_until = UTC_TIMESTAMP(6)");
    ASSERT_TRUE(thief.take(GetParam().name, "thief", 3'600, GetParam().at));
  });
  const JobReport report = run(store, ledger);
  EXPECT_FALSE(is_all_done());
  EXPECT_FALSE(report.did_something());
  EXPECT_EQ(report.busy, std::vector<std::string>{GetParam().name});
  EXPECT_EQ(job("succeeded_at IS NULL"), "1");
}

TEST_P(JobLeases, O6_a_job_that_ends_by_an_exception_gives_its_lease_back_and_is_no_success) {
  for (int nth = 1;; ++nth) {
    SCOPED_TRACE("before call " + std::to_string(nth));
    Interrupted store(database.address(), nth, [] { throw LedgerUnavailable("as of now"); });
    JobOptions options{"test", 60, 0};
    options.settlement_accounts = 1;
    BillingJobs jobs(ledger, store, context, options);
    JobReport report;
    try {
      (jobs.*GetParam().step)(GetParam().at, report);
      ASSERT_FALSE(store.has_happened());
      break;
    } catch (const LedgerUnavailable&) {
    }
    EXPECT_EQ(job("succeeded_at IS NULL"), "1");
    if (job("holder") == "") continue;
    // It was the giving back itself that failed: this daemon's next run does it.
    EXPECT_TRUE(is_all_done());
    JobReport again;
    (jobs.*GetParam().step)(GetParam().at, again);
    EXPECT_EQ(again.busy, std::vector<std::string>{});
    EXPECT_EQ(job("holder"), "");
    EXPECT_EQ(job("succeeded_at IS NULL"), "0");
    database.session().execute("UPDATE job SET succeeded_at = NULL");
  }
  EXPECT_TRUE(is_all_done()) << database.value(GetParam().work);
  EXPECT_EQ(job("succeeded_at IS NULL"), "0");
}

// What the server says to a statement, and not what a test throws.
TEST_P(JobLeases, O6_another_daemon_can_go_on_at_once_after_an_error_of_the_database) {
  const std::string table = GetParam().table;
  database.session().execute("RENAME TABLE " + table + " TO away");
  EXPECT_ANY_THROW(run());
  EXPECT_EQ(job("holder"), "");
  EXPECT_EQ(job("succeeded_at IS NULL"), "1");
  database.session().execute("RENAME TABLE away TO " + table);
  EXPECT_EQ(run().busy, std::vector<std::string>{});
  EXPECT_TRUE(is_all_done()) << database.value(GetParam().work);
}

// The fence: what was given to another one since is not the old one's to give back.
TEST_P(JobLeases, O6_a_lease_that_is_given_back_late_does_not_end_the_one_after_it) {
  MySqlJobStore store(database.address());
  const auto late = store.take(GetParam().name, "late", 0, noon);
  const auto next = store.take(GetParam().name, "next", 60, noon);
  ASSERT_TRUE(late && next);
  store.give_back(*late, noon + Span::days(1));
  EXPECT_EQ(job("CONCAT(holder, ' ', done_until IS NULL, ' ', succeeded_at IS NULL)"), "next 1 1");
  EXPECT_FALSE(store.take(GetParam().name, "third", 60, noon));
  store.give_back(*next, noon);
  EXPECT_TRUE(store.take(GetParam().name, "third", 60, noon));
}

INSTANTIATE_TEST_SUITE_P(
    Each, JobLeases,
    ::testing::Values(
        Job{"remind", &BillingJobs::remind, noon + Span::days(4),
            "SELECT COUNT(*) FROM notice WHERE kind = 'pack_expiring' AND state = 'due'", "3",
            "notice"},
        Job{"expire", &BillingJobs::expire, noon + Span::days(10),
            "SELECT COUNT(*) FROM notice WHERE kind = 'pack_expired'", "3", "notice"},
        Job{"settle", &BillingJobs::settle, charge_time,
            "SELECT CONCAT(COUNT(*), ' over ', SUM(amount_micros)) FROM bill", "3 over 1500000",
            "bill"},
        Job{"erase", &BillingJobs::erase, noon + Span::days(200),
            "SELECT COUNT(*) FROM outbox WHERE erased_at IS NULL", "0", "outbox"}),
    [](const auto& it) { return std::string(it.param.name); });

}  // namespace
}  // namespace packwarden::testing
