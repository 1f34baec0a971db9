#include "store/ledger_history.h"

#include <gmock/gmock.h>

#include "store/mysql_ledger.h"
#include "support/test_database.h"

namespace packwarden {
namespace {

using ::testing::HasSubstr;

// A ledger and what processes see of it when the database goes back under them.
class History : public ::testing::Test {
 protected:
  static void commit(MySqlLedger& ledger, int times = 1) {
    for (int i = 0; i < times; ++i) {
      ledger.transact("test", {}, [](LedgerTransaction&) { return Verdict::commit; });
    }
  }
  MySqlLedger connect(std::shared_ptr<LedgerHistory> history) {
    LedgerOptions options;
    options.history = std::move(history);
    return MySqlLedger(database.address(), options);
  }
  // As a restore does, or a move to a server that is behind.
  void go_back_to(Sequence sequence) {
    const std::string seq = std::to_string(sequence);
    database.session().execute("CREATE TABLE IF NOT EXISTS ahead LIKE ledger_transaction");
    database.session().execute("REPLACE INTO ahead SELECT * FROM ledger_transaction WHERE seq > " +
                               seq);
    database.session().execute("DELETE FROM ledger_transaction WHERE seq > " + seq);
    stand_at_last();
  }
  void come_forward_again() {
    database.session().execute("INSERT INTO ledger_transaction SELECT * FROM ahead");
    stand_at_last();
  }
  void stand_at_last() {
    database.session().execute(
        "UPDATE ledger_sequence s JOIN (SELECT seq, instant, stamp FROM ledger_transaction ORDER"
        " BY seq DESC LIMIT 1) t SET s.seq = t.seq, s.instant = t.instant, s.stamp = t.stamp");
  }

  TestDatabase database;
  std::shared_ptr<LedgerHistory> seen = std::make_shared<LedgerHistory>();
  MySqlLedger ledger{connect(seen)};
};

TEST_F(History, stamps_follow_from_each_other) {
  commit(ledger, 2);
  EXPECT_EQ(database.value("SELECT t.stamp = UNHEX(SHA2(CONCAT(b.stamp, t.nonce, t.content), 256))"
                           " FROM ledger_transaction t JOIN ledger_transaction b ON b.seq = t.seq"
                           " - 1"),
            "1");
  EXPECT_EQ(database.value("SELECT COUNT(DISTINCT stamp) FROM ledger_transaction"), "2");
  EXPECT_EQ(database.value("SELECT s.stamp = t.stamp FROM ledger_sequence s JOIN"
                           " ledger_transaction t ON t.seq = s.seq"),
            "1");
}

TEST_F(History, what_others_commit_goes_on_from_what_is_known) {
  commit(ledger);
  MySqlLedger other = connect(std::make_shared<LedgerHistory>());
  commit(other, 3);
  EXPECT_EQ(ledger.head().sequence, 4U);
  commit(ledger);
  EXPECT_EQ(other.head().sequence, 5U);
}

TEST_F(History, nothing_is_decided_on_a_database_that_is_behind) {
  commit(ledger, 3);
  go_back_to(1);
  EXPECT_THROW(ledger.head(), LedgerBehind);
  EXPECT_THROW(commit(ledger), LedgerBehind);
  EXPECT_THROW(ledger.changes_after(Follower::rating, 3), LedgerBehind);
  const Digest digest{};
  EXPECT_THROW(ledger.progress_of(std::span(&digest, 1)), LedgerBehind);
  EXPECT_EQ(database.value("SELECT COUNT(*) FROM ledger_transaction"), "1");
  come_forward_again();
  commit(ledger);
  EXPECT_EQ(ledger.head().sequence, 4U);
}

TEST_F(History, all_connections_of_a_process_share_what_any_has_seen) {
  MySqlLedger reader = connect(seen);
  EXPECT_EQ(reader.head().sequence, 0U);
  commit(ledger, 2);
  go_back_to(1);
  EXPECT_THROW(reader.head(), LedgerBehind);
}

TEST_F(History, a_database_that_went_another_way_is_loaded_again) {
  commit(ledger, 3);
  for (const int others : {1, 2, 5}) {  // behind what was seen, up to it, past it
    go_back_to(1);
    MySqlLedger other = connect(std::make_shared<LedgerHistory>());
    commit(other, others);
    EXPECT_THROW(ledger.head(), OtherHistory) << others;
    EXPECT_THROW(commit(ledger), OtherHistory) << others;
    ledger.load(
        Follower::rating, [](Changes) {}, nullptr);
    EXPECT_EQ(ledger.head().sequence, 1U + others);
    commit(ledger, 3);
  }
}

TEST_F(History, an_older_database_that_was_accepted_is_another_history) {
  commit(ledger, 3);
  go_back_to(2);
  EXPECT_THROW(ledger.head(), LedgerBehind);
  database.session().execute("UPDATE ledger_sequence SET history = history + 1");
  EXPECT_THROW(ledger.head(), OtherHistory);
}

// What is known of the stamps in between is read with the next look.
TEST_F(History, stamps_of_others_are_known_too) {
  commit(ledger);
  MySqlLedger other = connect(std::make_shared<LedgerHistory>());
  commit(other, 4);
  EXPECT_EQ(ledger.head().sequence, 5U);
  go_back_to(3);
  EXPECT_THROW(ledger.head(), LedgerBehind);
  MySqlLedger restored = connect(std::make_shared<LedgerHistory>());
  commit(restored);
  EXPECT_THROW(ledger.head(), OtherHistory) << "4 is another one than was seen";
}

// Each look goes on from what was known: it takes nothing of it away.
TEST_F(History, what_others_commit_leaves_the_stamps_before_it_known) {
  commit(ledger, 4);
  MySqlLedger other = connect(std::make_shared<LedgerHistory>());
  for (int i = 0; i < 3; ++i) {
    commit(other);
    ledger.head();
  }
  go_back_to(2);
  EXPECT_THROW(ledger.head(), LedgerBehind);
  MySqlLedger restored = connect(std::make_shared<LedgerHistory>());
  commit(restored);
  EXPECT_THROW(ledger.head(), OtherHistory) << "3 is another one than was seen";
}

TEST(LedgerHistoryTest, the_last_thousand_stamps_are_known_however_they_were_learnt) {
  LedgerHistory history;
  const auto stamp_of = [](Sequence seq) {
    return Digest{static_cast<std::uint8_t>(seq), static_cast<std::uint8_t>(seq >> 8)};
  };
  const auto stamps = [&](Sequence first, Sequence last) {
    std::vector<Digest> read;
    for (Sequence seq = first; seq <= last; ++seq) read.push_back(stamp_of(seq));
    return read;
  };
  const auto head_at = [&](Sequence seq) { return LedgerHead{seq, {}, stamp_of(seq), 0}; };
  history.check(history.mark(), head_at(1), stamps);
  for (Sequence seq = 1; seq < 3'000;) {
    if (seq % 3 == 0) {
      history.committed(head_at(++seq));
    } else {
      seq += seq % 7 + 1;
      history.check(history.mark(), head_at(seq), stamps);
    }
  }
  const Sequence newest = history.mark().head.sequence;
  for (const Sequence back : {1U, 2U, 500U, 999U}) {
    EXPECT_THROW(history.check(history.mark(), head_at(newest - back), stamps), LedgerBehind);
    EXPECT_THROW(history.check(history.mark(), {newest - back, {}, {9, 9, 9}, 0}, stamps),
                 OtherHistory)
        << back;
  }
}

TEST(LedgerHistoryTest, what_is_committed_meanwhile_does_not_make_an_answer_look_old) {
  LedgerHistory history;
  const auto stamps = [](Sequence, Sequence) { return std::vector<Digest>{}; };
  history.check(history.mark(), {1, {}, {1}, 0}, stamps);
  const auto asked = history.mark();
  history.committed({2, {}, {2}, 0});
  history.check(asked, {1, {}, {1}, 0}, stamps);
  EXPECT_THROW(history.check(history.mark(), {1, {}, {1}, 0}, stamps), LedgerBehind);
}

TEST_F(History, a_read_only_server_is_left) {
  commit(ledger);
  Session& session = ledger.session();
  EXPECT_THROW(session.execute("SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1290"), DatabaseError);
  EXPECT_FALSE(session.connected());
  commit(ledger);
  for (const unsigned code : {1290U, 1792U, 1836U}) {
    EXPECT_EQ(classify_database_error(code), DatabaseErrorKind::read_only);
    EXPECT_TRUE(DatabaseError(code, "").is_transient());
  }
}

}  // namespace
}  // namespace packwarden
