#include <gmock/gmock.h>

#include <chrono>
#include <future>

#include "store/ledger_head.h"
#include "store/mysql_ledger.h"
#include "support/test_database.h"

namespace packwarden {
namespace {

using ::testing::HasSubstr;

constexpr Verdict commit(LedgerTransaction&) {
  return Verdict::commit;
}

// The instant of a transaction that `ledger` commits.
Instant instant_of_next(MySqlLedger& ledger, std::optional<Instant> as_of = {}) {
  Instant at;
  ledger.transact("test", as_of, [&](LedgerTransaction& tx) {
    at = tx.now();
    return Verdict::commit;
  });
  return at;
}

template <class Callback>
std::string clocks_differ(Callback&& callback) {
  try {
    callback();
  } catch (const ClocksDiffer& refusal) {
    return refusal.what();
  }
  return "";
}

class LedgerTime : public ::testing::Test {
 protected:
  // Of a host whose clock goes wrong by so much.
  MySqlLedger on_a_host_that_is(Span ahead) {
    LedgerOptions options;
    options.host_clock = [ahead] { return host_now() + ahead; };
    return MySqlLedger(database.address(), options);
  }
  Instant clock() { return read_clock(database.session()); }

  TestDatabase database;
  MySqlLedger ledger{database.address()};
};

TEST_F(LedgerTime, is_the_databases_clock_and_is_stored) {
  const Instant before = clock();
  const Instant at = instant_of_next(ledger);
  EXPECT_GE(at, before);
  EXPECT_LE(at, clock());
  EXPECT_EQ(ledger.head().instant, at);
  EXPECT_EQ(database.value("SELECT instant = (SELECT instant FROM ledger_sequence) FROM"
                           " ledger_transaction WHERE seq = 1"),
            "1");
}

TEST_F(LedgerTime, never_goes_back) {
  const Instant later = Instant::from_micros(1'900'000'000'000'000);
  EXPECT_EQ(instant_of_next(ledger, later), later);
  EXPECT_EQ(instant_of_next(ledger, later - Span::seconds(2)), later);
  EXPECT_EQ(instant_of_next(ledger, later + Span::seconds(1)), later + Span::seconds(1));
}

// A statement tells the time at which it began to wait.
TEST_F(LedgerTime, is_read_once_the_lock_is_held) {
  Session holder = database.connect();
  holder.begin();
  lock_head(holder);
  auto waiting = std::async(std::launch::async, [&] { return instant_of_next(ledger); });
  const std::string waits =
      "SELECT COUNT(*) FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE"
      " 'UPDATE ledger_sequence%' AND id <> CONNECTION_ID()";
  while (database.value(waits) == "0") {
    ASSERT_EQ(waiting.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  }
  const Instant held_until = clock();
  holder.commit();
  EXPECT_GE(waiting.get(), held_until);
}

TEST_F(LedgerTime, a_host_whose_clock_differs_makes_no_transaction) {
  for (const Span off : {Span::seconds(60), Span::seconds(-60)}) {
    MySqlLedger wrong = on_a_host_that_is(off);
    EXPECT_THAT(clocks_differ([&] { wrong.transact("test", {}, commit); }),
                HasSubstr("25.000 s are allowed"));
    EXPECT_NE(clocks_differ([&] { wrong.transact("test", clock(), commit); }), "")
        << "an --as-of instant is no clock";
    EXPECT_NE(clocks_differ([&] { wrong.agreed_now(); }), "");
  }
  EXPECT_EQ(ledger.head().sequence, 0U);
  MySqlLedger nearly = on_a_host_that_is(Span::seconds(10));
  EXPECT_TRUE(nearly.transact("test", {}, commit));
}

TEST_F(LedgerTime, waits_for_the_databases_clock_where_the_ledger_is_ahead) {
  const Instant ahead = clock() + Span::seconds(3'600);
  instant_of_next(ledger, ahead);
  EXPECT_THAT(clocks_differ([&] { ledger.transact("test", {}, commit); }),
              HasSubstr("packctl deployment set ledger-time"));
  LedgerOptions options;
  options.allow_as_of = true;
  MySqlLedger rehearsal(database.address(), options);
  EXPECT_EQ(instant_of_next(rehearsal), ahead);
}

TEST_F(LedgerTime, a_little_ahead_goes_on) {
  const Instant ahead = clock() + Span::seconds(15);
  instant_of_next(ledger, ahead);
  EXPECT_EQ(instant_of_next(ledger), ahead);
}

// Two writers of one transaction.
TEST_F(LedgerTime, numbers_of_rows_go_on_within_a_transaction) {
  ledger.transact("test", {}, [](LedgerTransaction& tx) {
    for (int i = 0; i < 2; ++i) {
      const Journal journal{AccountId{1}, JournalKind::top_up, "r", tx.now(), 5};
      tx.add_journals(std::span(&journal, 1));
      const PostpaidChange change{AccountId{1}, ProductId{1},
                                  i == 0 ? PostpaidStep::on : PostpaidStep::off, tx.now()};
      tx.add_postpaid_changes(std::span(&change, 1));
      const ServiceChange service{AccountId{1}, ProductId{1}, {}, tx.now()};
      tx.add_service_changes(std::span(&service, 1));
    }
    return Verdict::commit;
  });
  EXPECT_EQ(database.value("SELECT GROUP_CONCAT(journal_no ORDER BY 1) FROM journal"), "0,1");
  EXPECT_EQ(database.value("SELECT balance_micros FROM money_balance"), "10");
  EXPECT_EQ(database.value("SELECT GROUP_CONCAT(step ORDER BY change_no) FROM postpaid_change"),
            "on,off");
  EXPECT_EQ(database.value("SELECT COUNT(*) FROM service_change"), "2");
}

TEST_F(LedgerTime, the_locked_row_has_the_last_ids) {
  ledger.transact("test", {}, [](LedgerTransaction& tx) {
    const Account account{AccountId{value_of(tx.last_account()) + 1}, {}, "a"};
    tx.add_accounts(std::span(&account, 1), "en");
    EXPECT_EQ(tx.last_account(), AccountId{1});
    Pack pack;
    pack.id = PackId{value_of(tx.last_pack()) + 1};
    pack.account = account.id;
    pack.product = ProductId{1};
    tx.add_packs(std::span(&pack, 1));
    return Verdict::commit;
  });
  const HeadRow row = lock_head(database.session());
  EXPECT_EQ(row.last_account, AccountId{1});
  EXPECT_EQ(row.last_pack, PackId{1});
}

}  // namespace
}  // namespace packwarden
