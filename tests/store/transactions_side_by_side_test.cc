#include <gmock/gmock.h>

#include <chrono>
#include <stdexcept>

#include "store/mysql_ledger.h"
#include "support/test_database.h"

namespace packwarden {
namespace {

using ::testing::Eq;
using ::testing::Optional;

class TransactBehind : public ::testing::Test {
 protected:
  // Ends with a fact of account 7 in the ledger, where it commits.
  std::optional<Sequence> run(Sequence expected, const std::function<bool()>& may_commit) {
    const auto work = [](LedgerTransaction& tx) {
      const AccountFact fact{AccountId{7}, AccountFactKind::closed, Instant::from_micros(1)};
      tx.add_facts(std::span(&fact, 1));
      return Verdict::commit;
    };
    return ledger.transact_behind(expected, at, "test", work,
                                  [&](LedgerTransaction&) { return may_commit(); });
  }
  std::string facts() { return database.value("SELECT COUNT(*) FROM account_fact"); }
  void commit_another() {
    other.transact("other", Instant::earliest(),
                   [](LedgerTransaction&) { return Verdict::commit; });
  }

  // As of the empty ledger.
  static constexpr Instant at = Instant::from_micros(0);

  TestDatabase database;
  MySqlLedger ledger{database.address()};
  MySqlLedger other{database.address()};
};

TEST_F(TransactBehind, commits_as_the_next_one) {
  commit_another();
  EXPECT_THAT(run(1, [] { return true; }), Optional(Eq(2U)));
  EXPECT_EQ(database.value("SELECT seq FROM account_fact"), "2");
  EXPECT_EQ(database.value("SELECT kind FROM ledger_transaction WHERE seq = 2"), "test");
  EXPECT_EQ(ledger.head().sequence, 2U);
}

TEST_F(TransactBehind, commits_behind_the_one_that_it_waited_for) {
  EXPECT_THAT(run(1,
                  [&] {
                    commit_another();
                    return true;
                  }),
              Optional(Eq(2U)));
  EXPECT_EQ(database.value("SELECT seq FROM account_fact"), "2");
}

TEST_F(TransactBehind, changes_nothing_where_another_came_in_between) {
  EXPECT_EQ(run(0,
                [&] {
                  commit_another();
                  return true;
                }),
            std::nullopt);
  EXPECT_EQ(facts(), "0");
  EXPECT_EQ(ledger.head().sequence, 1U);
}

TEST_F(TransactBehind, changes_nothing_where_the_one_before_it_did_not_commit) {
  EXPECT_EQ(run(1, [] { return true; }), std::nullopt) << "0 is the last one";
  EXPECT_EQ(run(0, [] { return false; }), std::nullopt);
  EXPECT_THROW(run(0, []() -> bool { throw std::runtime_error("of the one before it"); }),
               std::runtime_error);
  EXPECT_EQ(facts(), "0");
  EXPECT_EQ(ledger.head().sequence, 0U);
}

// It may hold rows that the holder of the lock waits for.
TEST_F(TransactBehind, does_not_wait_for_who_holds_the_sequence) {
  Session holder = database.connect();
  const auto begun_at = std::chrono::steady_clock::now();
  EXPECT_EQ(run(0,
                [&] {
                  holder.begin();
                  holder.query("SELECT seq FROM ledger_sequence FOR UPDATE");
                  return true;
                }),
            std::nullopt);
  EXPECT_LT(std::chrono::steady_clock::now() - begun_at, std::chrono::seconds(5));
  holder.rollback();
  EXPECT_EQ(facts(), "0");
  EXPECT_THAT(run(0, [] { return true; }), Optional(Eq(1U))) << "the connection goes on";
}

}  // namespace
}  // namespace packwarden
