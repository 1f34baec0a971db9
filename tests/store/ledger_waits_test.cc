#include "store/ledger_waits.h"

#include <gmock/gmock.h>

#include <future>

#include "store/mysql_ledger.h"
#include "support/test_database.h"

namespace packwarden {
namespace {

using ::testing::EndsWith;
using ::testing::StartsWith;

constexpr Verdict commit(LedgerTransaction&) {
  return Verdict::commit;
}

class LedgerWaitsOf : public ::testing::Test {
 protected:
  MySqlLedger ledger_of(const std::string& holder) {
    LedgerOptions options;
    options.holder = holder;
    options.waits = waits;
    return MySqlLedger(database.address(), options);
  }

  TestDatabase database;
  std::promise<std::string> said;
  std::shared_ptr<LedgerWaits> waits = std::make_shared<LedgerWaits>(
      database.address(), std::chrono::milliseconds(20),
      [this](const std::string& sentence) { said.set_value(sentence); });
};

TEST_F(LedgerWaitsOf, O11_whoever_waits_for_long_says_who_holds_the_ledger) {
  MySqlLedger holder = ledger_of("east/7");
  MySqlLedger waiter = ledger_of("west/9");
  std::future<std::string> sentence = said.get_future();
  std::future<std::optional<Sequence>> waiting;
  holder.transact("settle", {}, [&](LedgerTransaction&) {
    waiting = std::async(std::launch::async, [&] { return waiter.transact("ingest", {}, commit); });
    EXPECT_EQ(sentence.wait_for(std::chrono::seconds(60)), std::future_status::ready);
    return Verdict::commit;
  });
  EXPECT_EQ(waiting.get(), Sequence{2}) << "a wait is told once: the promise takes one sentence";
  const std::string told = sentence.get();
  EXPECT_THAT(told, StartsWith("ledger transaction (ingest) has waited for the ledger for "));
  EXPECT_THAT(told, EndsWith(" s; east/7 (settle) holds it"));
}

TEST_F(LedgerWaitsOf, O11_whoever_held_it_before_is_not_named_for_a_stranger) {
  MySqlLedger before = ledger_of("east/7");
  before.transact("settle", {}, commit);
  std::future<std::string> sentence = said.get_future();
  std::future<std::optional<Sequence>> waiting;
  {
    const Transaction stranger(database.session());
    database.session().execute("UPDATE ledger_sequence SET seq = seq");
    waiting = std::async(std::launch::async,
                         [this] { return ledger_of("west/9").transact("ingest", {}, commit); });
    EXPECT_EQ(sentence.wait_for(std::chrono::seconds(60)), std::future_status::ready);
  }
  EXPECT_EQ(waiting.get(), Sequence{2});
  EXPECT_THAT(sentence.get(), EndsWith("; its holder has written no name: it is another client of"
                                       " the database, or is at its COMMIT"));
}

TEST_F(LedgerWaitsOf, O11_a_commit_says_for_how_long_it_held_the_ledger) {
  LedgerOptions options;
  std::vector<CommitTimes> all;
  options.on_commit = [&](const CommitTimes& times) { all.push_back(times); };
  MySqlLedger ledger(database.address(), options);
  const auto before = std::chrono::steady_clock::now();
  std::chrono::nanoseconds inside{};
  ledger.transact("test", {}, [&](LedgerTransaction& tx) {
    const auto begin = std::chrono::steady_clock::now();
    tx.last_account();
    inside = std::chrono::steady_clock::now() - begin;
    return Verdict::commit;
  });
  ASSERT_EQ(all.size(), 1U);
  EXPECT_GE(all[0].held, inside + all[0].commit);
  EXPECT_LE(all[0].held, all[0].whole);
  EXPECT_LE(all[0].whole, std::chrono::steady_clock::now() - before);
}

}  // namespace
}  // namespace packwarden
