#include "store/situation_reads.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "store/channel_board.h"
#include "store/deployment_store.h"
#include "store/migrations.h"
#include "store/spool_name_rows.h"
#include "support/test_database.h"

namespace packwarden {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;

class SituationReadsTest : public testing::Test {
 protected:
  void run(const std::string& statement) { database.session().execute(statement); }
  // `count` deliveries over `channel`, created a minute ago.
  void add(const std::string& state, const std::string& channel, int count) {
    const bool ended = state == "sent" || state == "dead" || state == "expired";
    const bool due = state == "queued" || state == "retrying";
    const std::string next = due                  ? "NOW(6) - INTERVAL 30 SECOND"
                             : state == "sending" ? "NOW(6) + INTERVAL 30 SECOND"
                                                  : "NULL";
    for (int i = 0; i < count; ++i) {
      run(fmt::format(
          "INSERT INTO outbox (idempotency_key, channel, account_name, recipient, language, "
          "subject, body, state, attempts, next_attempt_at, claim_token, outcome, created_at, "
          "ended_at) VALUES ('{}', '{}', 'acme', '', 'en', '', '', '{}', 0, {}, '', '', NOW(6) - "
          "INTERVAL 60 SECOND, {})",
          ++keys_, channel, state, next, ended ? "NOW(6)" : "NULL"));
    }
  }
  void add_unit(Sequence sequence, bool is_last) {
    run(
        fmt::format("INSERT INTO rating_unit VALUES (UNHEX(SHA2('{}', 256)), 1, {}, 0, 0, {}, 100, "
                    "90, 10, 0, 95, 95, 0, 0, 0, 1, 1, NOW(6))",
                    sequence, sequence, is_last));
  }

  TestDatabase database;
  MysqlSituationReads reads{database.address()};

 private:
  int keys_ = 0;
};

TEST_F(SituationReadsTest, an_empty_ledger_has_a_schema_a_clock_and_nothing_else) {
  const LedgerSituation ledger = reads.look(100);
  EXPECT_EQ(ledger.sequence, 0U);
  EXPECT_FALSE(ledger.last_commit);
  EXPECT_EQ(ledger.schema_version, embedded_migrations().back().number);
  EXPECT_LT(std::abs(ledger.clock_ahead_ms), 10'000) << "the same host";
  EXPECT_TRUE(ledger.jobs.empty());
  EXPECT_TRUE(ledger.channels.empty());
}

TEST_F(SituationReadsTest, counts_deliveries_by_channel_and_state_with_the_age_of_the_oldest) {
  add("queued", "sms", 2);
  add("held", "sms", 1);
  add("sending", "sms", 1);
  add("dead", "email", 3);
  add("expired", "email", 1);
  MysqlChannelBoard(database.address(), "email").start("email.so");
  const auto channels = reads.look(100).channels;
  ASSERT_EQ(channels.size(), 2U);
  EXPECT_EQ(channels[0].name, "email");
  EXPECT_EQ(channels[0].state, "starting");
  EXPECT_EQ(channels[0].dead, 3);
  EXPECT_EQ(channels[0].expired, 1);
  EXPECT_EQ(channels[1].waiting, 2);
  EXPECT_EQ(channels[1].held, 1);
  EXPECT_EQ(channels[1].sending, 1);
  EXPECT_GE(channels[1].oldest_s.value_or(0), 59);
  EXPECT_GE(channels[1].held_s.value_or(0), 59);
  EXPECT_FALSE(channels[1].at_least);
}

TEST_F(SituationReadsTest, of_many_deliveries_it_looks_at_some_and_says_so) {
  add("held", "sms", 1);
  add("queued", "sms", 30);
  add("queued", "email", 4);
  add("dead", "sms", 12);
  const auto channels = reads.look(10).channels;
  ASSERT_EQ(channels.size(), 2U);
  EXPECT_TRUE(channels[1].at_least);
  EXPECT_EQ(channels[1].waiting, 30) << "counted along the index of claims";
  EXPECT_EQ(channels[0].waiting, 4);
  EXPECT_EQ(channels[1].held, 1) << "the oldest ones are looked at";
  EXPECT_EQ(channels[1].dead, 10) << "and of those that ended the last ones";
}

TEST_F(SituationReadsTest, S40_tells_the_daemons_that_live_and_what_they_mean) {
  for (const char* spool : {"b", "a", "gone"}) {
    const auto taken = take_spool_name(database.session(), {spool, "1", "host/7"}, false);
    write_meaning_digest(database.session(), spool, *taken.fence, "1f");
    if (spool == std::string("gone")) {
      give_back_spool_name(database.session(), spool, *taken.fence);
    }
  }
  const auto daemons = reads.look(100).daemons;
  ASSERT_EQ(daemons.size(), 2U);
  EXPECT_EQ(daemons[0].spool, "a");
  EXPECT_EQ(daemons[1].holder, "host/7");
  EXPECT_EQ(daemons[1].meaning_digest, "1f");
}

TEST_F(SituationReadsTest, S40_tells_open_overage_that_has_no_price) {
  run("INSERT INTO product VALUES (1, 'captcha'), (2, 'video'), (3, 'mail')");
  run("INSERT INTO open_overage VALUES (1, 1, '2026-11-01', 0, 0, 5), (1, 1, '2026-11-09', 0, 0, "
      "6),"
      " (2, 1, '2026-11-02', 0, 0, 7), (2, 1, '2026-11-03', 1, 50, -7), (2, 2, '2026-11-01', 0, 0, "
      "8), (3, 3, '2026-11-01', 0, 0, 0)");
  EXPECT_TRUE(reads.look(100).unpriced.empty()) << "nothing is stored to go by";
  LedgerMeaning meaning;
  meaning.products = {{"captcha", {}}, {"mail", {}}, {"video", {}}};
  meaning.postpaid_prices = {{"captcha", {{*parse_business_day("2026-11-05"), 5'000}}},
                             {"video", {{beginning_of_days, 5'000}}}};
  MySqlLedger ledger(database.address());
  EXPECT_TRUE(MySqlDeploymentStore(ledger).record_first(to_values(meaning)));
  const auto unpriced = MysqlSituationReads(database.address()).look(100).unpriced;
  ASSERT_EQ(unpriced.size(), 1U);
  EXPECT_EQ(unpriced[0].product, "captcha");
  EXPECT_EQ(to_string(unpriced[0].first), "2026-11-01");
  EXPECT_EQ(to_string(unpriced[0].last), "2026-11-02");
  EXPECT_EQ(unpriced[0].units, 12);
}

TEST_F(SituationReadsTest, the_pace_is_what_was_done_since) {
  run("UPDATE ledger_sequence SET seq = 3");
  for (Sequence sequence = 1; sequence <= 3; ++sequence) add_unit(sequence, sequence == 3);
  add("sent", "sms", 2);
  const LedgerPace all = reads.pace_since(0, Instant::from_micros(0));
  EXPECT_EQ(all.sequence, 3U);
  EXPECT_EQ(all.files, 1);
  EXPECT_EQ(all.records, 300);
  EXPECT_EQ(all.units, 285);
  EXPECT_THAT(all.ended, ElementsAre(Field(&LedgerPace::Ended::deliveries, 2)));
  EXPECT_EQ(reads.pace_since(2, Instant::from_micros(0)).records, 100);
  const LedgerPace none = reads.pace_since(3, all.database_clock);
  EXPECT_EQ(none.records, 0);
  EXPECT_TRUE(none.ended.empty());
}

// Each statement of a look, as the server would run it on an outbox that is mostly history.
TEST_F(SituationReadsTest, no_read_goes_through_a_whole_table) {
  add("sent", "sms", 20);
  run("UPDATE outbox SET ended_at = NOW(6) - INTERVAL 40 DAY, erased_at = NOW(6)");
  for (int doubled = 0; doubled < 9; ++doubled) {
    run(
        fmt::format("INSERT INTO outbox (idempotency_key, channel, account_name, recipient, "
                    "language, subject, body, state, attempts, next_attempt_at, claim_token, "
                    "outcome, created_at, ended_at, erased_at) SELECT CONCAT(idempotency_key, "
                    "'/{}'), IF(delivery_id % 2, 'sms', 'email'), '', '', '', '', '', state, 0, "
                    "next_attempt_at, '', '', created_at, ended_at, erased_at FROM outbox",
                    doubled));
  }
  add("queued", "sms", 5);
  add("sent", "sms", 5);
  run("ANALYZE TABLE outbox");
  const auto read_rows = [&](const std::function<void()>& read) {
    const auto counter = [&] {
      // Of the server: nobody else works on it while this test does, and the margin is wide.
      return std::stoll(database.value(
          "SELECT SUM(variable_value) FROM information_schema.global_status WHERE variable_name "
          "IN ('HANDLER_READ_NEXT', 'HANDLER_READ_RND_NEXT', 'HANDLER_READ_PREV')"));
    };
    const long long before = counter();
    read();
    return counter() - before;
  };
  EXPECT_EQ(database.value("SELECT COUNT(*) FROM outbox"), "10250");
  EXPECT_LT(read_rows([&] { reads.look(100); }), 5'000);
  EXPECT_LT(read_rows([&] { reads.pace_since(0, Instant::from_micros(0)); }), 5'000);
}

}  // namespace
}  // namespace packwarden
