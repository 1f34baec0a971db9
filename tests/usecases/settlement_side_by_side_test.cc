#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "store/job_rows.h"
#include "usecases/billing_jobs.h"
#include "usecases/in_doubt.h"
#include "usecases/money_commands.h"
#include "usecases/pack_commands.h"
#include "usecases/world.h"

namespace packwarden::testing {
namespace {

constexpr Instant charge_time = noon + Span::minutes(12 * 60);
constexpr int account_count = 9;

// Two accounts a part; every third account comes into arrears.
class Tenants {
 public:
  Tenants() {
    std::vector<Line> lines;
    for (int i = 1; i <= account_count; ++i) add(i, lines);
    host.drop("usage.csv", csv(lines));
    host.run(noon);
  }

  // With a pack that `lines` use up, and postpaid.
  void add(int i, std::vector<Line>& lines) {
    const std::string name = "tenant-" + std::to_string(i);
    const std::vector<std::string> buyers{name};
    const Instant bought_at = noon - Span::days(2);
    add_ready_account(database, name);
    if (!top_up_balance(ledger, context, {name, i % 3 == 0 ? 1 : 100'000'000, name, bought_at},
                        new_request_id()) ||
        !buy_packs(ledger, context, {"captcha", buyers, bought_at, "pack-" + name}, "30k",
                   new_request_id())) {
      throw std::logic_error("no pack for " + name);
    }
    lines.push_back({.id = name + "-a", .account = name, .quantity = "30000"});
    lines.push_back({.id = name + "-b",
                     .account = name,
                     .time = "2026-11-20T11:30:00Z",
                     .quantity = std::to_string(100 + i)});
  }

  JobReport settle(Ledger& first, std::vector<Ledger*> beside) {
    JobOptions options{"test", 60, 0};
    options.settlement_accounts = 2;
    JobReport report;
    BillingJobs(first, store, context, options, std::move(beside)).settle(charge_time, report);
    return report;
  }
  // The day as if it had not been charged yet.
  void open_again() {
    Session session = database.connect();
    session.execute(
        "INSERT INTO open_overage SELECT account_id, product_id, usage_day, is_credit, 0, units"
        " FROM charge ON DUPLICATE KEY UPDATE units = VALUES(units)");
    for (const char* table : {"charge", "bill"})
      session.execute(std::string("DELETE FROM ") + table);
    session.execute("DELETE FROM outbox");
    session.execute("DELETE FROM notice");
    session.execute("UPDATE job SET done_until = NULL");
  }
  // All that settlement writes, without the sequences.
  std::string written() {
    std::string all;
    for (const char* query :
         {"SELECT GROUP_CONCAT(account_id, ' ', charged_day, ' ', usage_day, ' ', units, ' ',"
          " amount_micros ORDER BY account_id SEPARATOR '; ') FROM charge",
          "SELECT GROUP_CONCAT(account_id, ' ', amount_micros ORDER BY account_id) FROM bill",
          "SELECT GROUP_CONCAT(account_id, ' ', reference, ' ', contra_book, ' ', amount_micros"
          " ORDER BY account_id) FROM journal WHERE kind = 'charge'",
          "SELECT GROUP_CONCAT(account_id, ' ', balance_micros, ' ', is_suspended ORDER BY"
          " account_id) FROM money_balance",
          "SELECT GROUP_CONCAT(account_id, ' ', covered_by, reason ORDER BY account_id, seq,"
          " change_no) FROM service_change",
          "SELECT GROUP_CONCAT(account_id, ' ', kind ORDER BY account_id, kind) FROM notice",
          "SELECT GROUP_CONCAT(account_name, ' ', kind, ' ', body ORDER BY account_name, kind)"
          " FROM outbox",
          "SELECT COUNT(*) FROM open_overage"}) {
      all += database.value(query) + "\n";
    }
    return all;
  }
  // One row of the feed for each number.
  bool is_dense() {
    return database.value(
               "SELECT COUNT(*) = MAX(seq) AND MAX(seq) = (SELECT seq FROM"
               " ledger_sequence) FROM ledger_transaction") == "1";
  }

  TestDatabase database;
  BillingContext context = shipped_billing(database);
  MySqlLedger ledger{database.address()};
  MySqlLedger second{database.address()};
  MySqlLedger third{database.address()};
  MySqlJobStore store{database.address()};
  Host host{database, "h1"};
};

// After each of its commits something happens before anybody else gets on.
class Interrupted : public InDoubt {
 public:
  Interrupted(Ledger& ledger, std::function<void()> interruption)
      : InDoubt(ledger), ledger_(&ledger), interruption_(std::move(interruption)) {}
  std::optional<Sequence> transact(const char* kind, std::optional<Instant> as_of,
                                   const Work& work) override {
    const auto sequence = ledger_->transact(kind, as_of, work);
    interruption_();
    return sequence;
  }

 private:
  Ledger* ledger_;
  std::function<void()> interruption_;
};

// Tells when what it was asked for has come to its end.
class Behind : public InDoubt {
 public:
  explicit Behind(Ledger& ledger) : InDoubt(ledger), ledger_(&ledger) {}
  std::optional<Sequence> transact_behind(
      Sequence expected, Instant instant, const char* kind, const Work& work,
      const std::function<bool(LedgerTransaction&)>& may_commit) override {
    const auto sequence = ledger_->transact_behind(expected, instant, kind, work, may_commit);
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
    return sequence;
  }
  bool has_ended(std::chrono::seconds within) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, within, [this] { return ended_; });
  }

 private:
  Ledger* ledger_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
};

// Runs the work again, as after a deadlock, and does not go on until what is behind it has ended.
class BegunAgain : public InDoubt {
 public:
  BegunAgain(Ledger& ledger, Behind& behind)
      : InDoubt(ledger), ledger_(&ledger), behind_(&behind) {}
  std::optional<Sequence> transact(const char* kind, std::optional<Instant> as_of,
                                   const Work& work) override {
    ledger_->transact(kind, as_of, [&](LedgerTransaction& tx) {
      work(tx);
      return Verdict::roll_back;
    });
    return ledger_->transact(kind, as_of, [&](LedgerTransaction& tx) {
      const Verdict verdict = work(tx);
      waited_in_vain = !behind_->has_ended(std::chrono::seconds(5)) || waited_in_vain;
      return verdict;
    });
  }
  bool waited_in_vain = false;

 private:
  Ledger* ledger_;
  Behind* behind_;
};

TEST(SettlementSideBySide, O6_writes_what_parts_one_after_the_other_write) {
  Tenants plain, together;
  EXPECT_EQ(plain.settle(plain.ledger, {}).bills, account_count);
  const JobReport report = together.settle(together.ledger, {&together.second, &together.third});
  EXPECT_EQ(report.bills, account_count);
  EXPECT_EQ(together.written(), plain.written());
  EXPECT_EQ(together.database.value("SELECT COUNT(*) FROM notice WHERE kind = 'arrears'"), "3");
  EXPECT_TRUE(together.is_dense());
  EXPECT_EQ(together.database.value("SELECT COUNT(*) FROM ledger_transaction WHERE kind ="
                                    " 'settle'"),
            "5");
}

TEST(SettlementSideBySide, O6_a_part_that_another_came_before_is_charged_all_the_same) {
  Tenants plain, tenants;
  plain.settle(plain.ledger, {});
  MySqlLedger other(tenants.database.address());
  int interruptions = 0;
  Interrupted interrupted(tenants.ledger, [&] {
    ++interruptions;
    other.transact("other", Instant::earliest(),
                   [](LedgerTransaction&) { return Verdict::commit; });
  });
  EXPECT_EQ(tenants.settle(interrupted, {&tenants.second}).bills, account_count);
  EXPECT_EQ(interruptions, 5) << "each part was the first of a round in the end";
  EXPECT_EQ(tenants.written(), plain.written());
  EXPECT_TRUE(tenants.is_dense());
}

// Its bills are there, and are not counted: nobody knows which of them were this run's.
TEST(SettlementSideBySide, O6_a_part_whose_commit_was_not_answered_is_charged_once) {
  Tenants plain, tenants;
  plain.settle(plain.ledger, {});
  InDoubt second(tenants.second);
  tenants.settle(tenants.ledger, {&second});
  EXPECT_EQ(tenants.written(), plain.written());
  EXPECT_TRUE(tenants.is_dense());
}

TEST(SettlementSideBySide, O6_parts_behind_a_lease_that_is_anothers_now_change_nothing) {
  Tenants tenants;
  Session taker = tenants.database.connect();
  Interrupted interrupted(tenants.ledger, [&] {
    taker.execute("UPDATE job SET fence = fence + 1 WHERE name = 'settle'");
  });
  EXPECT_EQ(tenants.settle(interrupted, {&tenants.second, &tenants.third}).bills, 2);
  EXPECT_EQ(tenants.database.value("SELECT COUNT(*) FROM bill"), "2");
  EXPECT_TRUE(tenants.is_dense());
}

// It may wait for rows that they hold.
TEST(SettlementSideBySide, O6_a_part_that_is_begun_again_does_not_wait_for_those_behind_it) {
  Tenants plain, tenants;
  plain.settle(plain.ledger, {});
  Behind second(tenants.second);
  BegunAgain first(tenants.ledger, second);
  EXPECT_EQ(tenants.settle(first, {&second}).bills, account_count);
  EXPECT_FALSE(first.waited_in_vain);
  EXPECT_EQ(tenants.written(), plain.written());
}

// Others commit between any two steps, on rows of the very accounts that are charged. A circle of
// waits would last for lock_wait_timeout_s each time.
TEST(SettlementSideBySide, O6_beside_others_that_commit_all_the_time_nobody_waits_in_a_circle) {
  Tenants tenants;
  std::atomic<bool> ended = false;
  std::chrono::nanoseconds slowest{};
  int top_ups = 0;
  std::thread other([&] {
    MySqlLedger beside(tenants.database.address());
    while (!ended) {
      const std::string id = std::to_string(++top_ups);
      const std::string account = "tenant-" + std::to_string(1 + top_ups % account_count);
      const auto begun_at = std::chrono::steady_clock::now();
      EXPECT_TRUE(top_up_balance(beside, tenants.context, {account, 1, "beside-" + id, charge_time},
                                 new_request_id()));
      slowest = std::max(slowest, std::chrono::steady_clock::now() - begun_at);
    }
  });
  std::int64_t bills = 0;
  for (int round = 0; round < 10; ++round) {
    if (round > 0) tenants.open_again();
    bills += tenants.settle(tenants.ledger, {&tenants.second, &tenants.third}).bills;
  }
  ended = true;
  other.join();
  EXPECT_EQ(bills, 10 * account_count);
  EXPECT_TRUE(tenants.is_dense());
  EXPECT_GT(top_ups, 0);
  EXPECT_LT(slowest, std::chrono::seconds(tenants.database.address().lock_wait_timeout_s));
}

// Of a settlement that broke off after its first part: late records of what is charged already wait
// for the next day (O7), though they lie between accounts that are charged now.
TEST(SettlementSideBySide, O7_late_records_among_others_wait_for_the_next_day) {
  Tenants tenants;
  Session taker = tenants.database.connect();
  Interrupted broken_off(tenants.ledger, [&] {
    taker.execute("UPDATE job SET fence = fence + 1, lease_until = UTC_TIMESTAMP(6)");
  });
  ASSERT_EQ(tenants.settle(broken_off, {}).bills, 2);
  tenants.host.drop("late.csv", csv({{.id = "late", .account = "tenant-2", .quantity = "7"}}));
  tenants.host.run(charge_time);
  EXPECT_EQ(tenants.settle(tenants.ledger, {&tenants.second}).bills, account_count - 2);
  EXPECT_EQ(tenants.database.value("SELECT GROUP_CONCAT(account_id, ' ', units) FROM open_overage"
                                   " WHERE units <> 0"),
            "2 7");
}

}  // namespace
}  // namespace packwarden::testing
