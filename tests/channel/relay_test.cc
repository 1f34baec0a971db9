#include "channel/relay.h"

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "channel/channel_world.h"

namespace packwarden {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Optional;

// What `packwardend` killed in the middle of a send leaves: claimed, being sent, and later the
// lease is over.
void claim_and_die(TestDatabase& database) {
  MysqlOutboxStore store(database.address());
  ASSERT_FALSE(store.claim({"inbox", "dead-process", 100, 60'000}).empty());
}

void end_leases(TestDatabase& database) {
  database.session().execute(
      "UPDATE outbox SET next_attempt_at = NOW(6) - INTERVAL 1 SECOND WHERE state = 'sending'");
}

// Runs the relay until nothing is due; with back-offs of 1 ms, that is until all have ended or are
// held.
void run_until_idle(TestDatabase& database, Relay& relay) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  do {
    relay.run_once();
    ASSERT_LT(std::chrono::steady_clock::now(), end) << "deliveries are still open";
  } while (database.value("SELECT COUNT(*) FROM outbox WHERE channel = 'inbox' AND "
                          "next_attempt_at <= NOW(6) + INTERVAL 5 SECOND") != "0");
}

std::string messages(TestDatabase& database) {
  return database.value("SELECT COUNT(*) FROM inbox_message");
}

TEST(Relay, StoresADueDeliveryAsAnInSiteMessage) {
  TestDatabase database;
  queue(database.session(), {.key = "k", .body = "已用 50%", .subject = "用量"});
  Channel channel(database, kInbox);
  EXPECT_EQ(channel.relay().run_once(), 1u);
  EXPECT_THAT(only_delivery(database), ElementsAre("sent", "1", "", "1", "1"));
  EXPECT_THAT(database.session().query("SELECT idempotency_key, account_name, language, subject, "
                                       "body, stored_at <= NOW(6) FROM inbox_message"),
              ElementsAre(ElementsAre("k", "acme", "zh-CN", "用量", "已用 50%", "1")));
}

TEST(Relay, LeavesWhatIsNotDueOrNotOfItsChannel) {
  TestDatabase database;
  queue(database.session(), {.key = "later", .due = "NOW(6) + INTERVAL 1 HOUR"});
  queue(database.session(), {.key = "other", .channel = "sms"});
  Channel channel(database, kInbox);
  EXPECT_EQ(channel.relay().run_once(), 0u);
  EXPECT_EQ(database.value("SELECT COUNT(*) FROM outbox WHERE state = 'queued'"), "2");
}

TEST(Relay, KilledBeforeTheSendDeliversOnceAfterTheLease) {
  TestDatabase database;
  queue(database.session(), {});
  claim_and_die(database);
  Channel channel(database, kInbox);
  Relay relay = channel.relay();
  EXPECT_EQ(relay.run_once(), 0u) << "the lease is still on";
  EXPECT_THAT(only_delivery(database), ElementsAre("sending", "1", "", "0", "0"));
  end_leases(database);
  EXPECT_EQ(relay.run_once(), 1u);
  EXPECT_EQ(messages(database), "1");
  EXPECT_EQ(only_delivery(database)[0], "sent");
}

// One of them may be what ends the senders.
TEST(Relay, N8_WhatWasLostTogetherGoesOutInEighthsAndAtLastAlone) {
  TestDatabase database;
  for (int number = 1; number <= 20; ++number) {
    queue(database.session(), {.key = "k" + std::to_string(number)});
  }
  Channel channel(database, kInbox);
  channel.policy.batch_max = 64;
  claim_and_die(database);
  end_leases(database);
  queue(database.session(), {.key = "not lost"});
  MysqlOutboxStore& store = channel.store();
  EXPECT_EQ(store.release_expired("inbox", UnknownOutcome::retry, 5), 20u);
  database.session().execute(
      "UPDATE outbox SET next_attempt_at = NOW(6) - INTERVAL 1 MINUTE WHERE attempts = 1");
  EXPECT_EQ(store.claim({"inbox", "second", 64, 60'000}).size(), 8u);
  end_leases(database);
  EXPECT_EQ(store.release_expired("inbox", UnknownOutcome::retry, 5), 8u);
  database.session().execute(
      "UPDATE outbox SET next_attempt_at = NOW(6) - INTERVAL 2 MINUTE WHERE attempts = 2");
  EXPECT_EQ(store.claim({"inbox", "third", 64, 60'000}).size(), 1u);
}

TEST(Relay, KilledBetweenSendAndOutcomeDeliversOnce) {
  TestDatabase database;
  queue(database.session(), {.key = "k"});
  claim_and_die(database);
  Channel channel(database, kInbox);
  channel.store().store_inbox_messages(
      std::vector<InboxMessage>{{"k", "acme", "zh-CN", "pack_usage", "", "text"}});
  end_leases(database);
  EXPECT_EQ(channel.relay().run_once(), 1u);
  EXPECT_EQ(messages(database), "1");
  EXPECT_THAT(only_delivery(database), ElementsAre("sent", "2", "", "1", "1"));
}

TEST(Relay, N6_AReportThatComesBeforeTheOutcomeOfItsAttemptCounts) {
  TestDatabase database;
  queue(database.session(), {.key = "k", .body = "report"});
  Channel channel(database, kScripted);
  channel.policy.on_unknown = UnknownOutcome::hold;
  EXPECT_EQ(channel.relay().run_once(), 1u);
  EXPECT_THAT(only_delivery(database), ElementsAre("sent", "1", "unknown: ", "1", "1"));
  EXPECT_THAT(database.session().query("SELECT reported, report FROM outbox"),
              ElementsAre(ElementsAre("delivered", "to the phone")));
}

TEST(Relay, N6_AFailureReportedLaterMakesASentDeliveryDead) {
  TestDatabase database;
  queue(database.session(), {.key = "k", .body = "accept"});
  Channel channel(database, kScripted);
  channel.relay().run_once();
  MysqlDeliveryReports reports(database.address());
  reports.record("k", ReportedState::failed, "no such phone");
  reports.record("k", ReportedState::pending, "came late");
  reports.record("nobody's", ReportedState::failed, "");
  EXPECT_THAT(only_delivery(database),
              ElementsAre("dead", "1", "undeliverable: no such phone", "1", "1"));
}

TEST(Relay, HoldsWhatAPersonMustActOn) {
  TestDatabase database;
  queue(database.session(), {.key = "k", .body = "hold"});
  Channel channel(database, kScripted);
  channel.relay().run_once();
  EXPECT_THAT(only_delivery(database), ElementsAre("held", "1", "the account is empty", "0", "1"));
}

TEST(Relay, HoldsAnUnknownOutcomeWhereTheChannelSaysSo) {
  TestDatabase database;
  queue(database.session(), {});
  claim_and_die(database);
  end_leases(database);
  Channel channel(database, kInbox);
  channel.policy.on_unknown = UnknownOutcome::hold;
  Relay relay = channel.relay();
  EXPECT_EQ(relay.run_once(), 0u);
  EXPECT_EQ(relay.run_once(), 0u);
  EXPECT_THAT(only_delivery(database),
              ElementsAre("held", "1", "unknown: the sender was lost", "0", "1"));
}

TEST(Relay, ADeliveryThatAlwaysKillsItsSenderIsHeldInTheEnd) {
  TestDatabase database;
  queue(database.session(), {});
  Channel channel(database, kInbox);
  for (std::uint32_t attempt = 1; attempt <= channel.policy.unknown_attempts_max; ++attempt) {
    claim_and_die(database);
    end_leases(database);
    EXPECT_EQ(channel.store().release_expired("inbox", UnknownOutcome::retry,
                                              channel.policy.unknown_attempts_max),
              1u);
  }
  EXPECT_THAT(only_delivery(database),
              ElementsAre("held", "5", "unknown: the sender was lost", "0", "1"));
}

TEST(Relay, TwoAtOnceDeliverEachOnce) {
  TestDatabase database;
  constexpr int kDeliveries = 400;
  queue_many(database.session(), kDeliveries);
  Channel channels[] = {{database, kScripted}, {database, kScripted}};
  database.session().execute("UPDATE outbox SET body = 'accept'");
  std::atomic<std::size_t> tried = 0;
  {
    std::vector<std::jthread> threads;
    for (Channel& channel : channels) {
      threads.emplace_back([&] {
        Relay relay = channel.relay();
        for (std::size_t batch = 1; batch > 0; tried += batch) batch = relay.run_once();
      });
    }
  }
  EXPECT_EQ(tried, static_cast<std::size_t>(kDeliveries));
  EXPECT_EQ(database.value("SELECT COUNT(*) FROM outbox WHERE state = 'sent' AND attempts = 1"),
            std::to_string(kDeliveries));
}

TEST(Relay, ALateOutcomeDoesNotTouchADeliveryThatSomebodyElseHas) {
  TestDatabase database;
  queue(database.session(), {});
  MysqlOutboxStore slow(database.address());
  MysqlOutboxStore other(database.address());
  const auto rows = slow.claim({"inbox", "slow", 10, 60'000});
  end_leases(database);
  other.release_expired("inbox", UnknownOutcome::retry, 3);
  EXPECT_EQ(other.claim({"inbox", "other", 10, 60'000}).size(), 1u);
  const DeliveryOutcome late{rows.at(0).delivery_id, DeliveryState::dead, "late", 0};
  EXPECT_EQ(slow.finish("slow", {&late, 1}), 0u);
  EXPECT_EQ(only_delivery(database)[0], "sending");
}

TEST(Relay, AClaimWhoseAnswerWasLostFindsItsRowsAgain) {
  TestDatabase database;
  queue_many(database.session(), 3);
  MysqlOutboxStore store(database.address());
  EXPECT_EQ(store.claim({"inbox", "t", 2, 60'000}).size(), 2u);
  const auto again = store.claim({"inbox", "t", 2, 60'000, true});
  ASSERT_EQ(again.size(), 2u);
  EXPECT_EQ(again[0].attempts, 1u);
  EXPECT_EQ(store.claim({"inbox", "u", 2, 60'000, true}).size(), 1u);
}

// Its database commits the first claim, but is away before it can say so.
class AnswerLost : public OutboxStore {
 public:
  explicit AnswerLost(MysqlOutboxStore& store) : store_(&store) {}
  std::vector<OutboxRow> claim(const ClaimRequest& request) override {
    auto rows = store_->claim(request);
    if (std::exchange(lost_, true)) return rows;
    throw std::runtime_error("the answer is lost");
  }
  std::uint64_t finish(const std::string& token,
                       std::span<const DeliveryOutcome> outcomes) override {
    return store_->finish(token, outcomes);
  }
  std::uint64_t release_expired(const std::string& channel, UnknownOutcome policy,
                                std::uint32_t unknown_attempts_max) override {
    return store_->release_expired(channel, policy, unknown_attempts_max);
  }
  void store_inbox_messages(std::span<const InboxMessage> messages) override {
    store_->store_inbox_messages(messages);
  }

 private:
  MysqlOutboxStore* store_;
  bool lost_ = false;
};

TEST(Relay, IsNotReplacedWhileAClaimWhoseAnswerWasLostMayHoldRows) {
  TestDatabase database;
  queue(database.session(), {});
  Channel channel(database, kInbox);
  AnswerLost store(channel.store());
  Relay relay = channel.relay(&store);
  EXPECT_TRUE(relay.is_between_batches());
  EXPECT_ANY_THROW(relay.run_once());
  EXPECT_EQ(only_delivery(database)[0], "sending");
  EXPECT_FALSE(relay.is_between_batches());
  EXPECT_EQ(relay.run_once(), 1u);
  EXPECT_EQ(only_delivery(database)[0], "sent");
  EXPECT_TRUE(relay.is_between_batches());
}

struct Ending {
  const char* body;
  const char* state;
  const char* attempts;
  const char* outcome;
};

class RelayEnding : public testing::TestWithParam<Ending> {};

TEST_P(RelayEnding, IsStored) {
  TestDatabase database;
  queue(database.session(), {.key = "k", .body = GetParam().body});
  Channel channel(database, kScripted);
  channel.policy.unknown_attempts_max = 2;
  Relay relay = channel.relay();
  relay.run_once();
  // The scripted plugin asks for 1.2 s; nobody waits for that here.
  while (database.session().execute("UPDATE outbox SET next_attempt_at = NOW(6) WHERE state = "
                                    "'retrying'") > 0) {
    relay.run_once();
  }
  EXPECT_THAT(only_delivery(database),
              ElementsAre(GetParam().state, GetParam().attempts, GetParam().outcome,
                          std::string(GetParam().state) == "held" ? "0" : "1", "1"));
}

INSTANTIATE_TEST_SUITE_P(Relay, RelayEnding,
                         testing::Values(Ending{"accept", "sent", "1", "id-of-k"},
                                         Ending{"reject", "dead", "1", "no such recipient"},
                                         Ending{"retry", "dead", "3", "attempts are used up: busy"},
                                         Ending{"nonsense", "held", "2",
                                                "unknown: the plugin answered 77"}),
                         [](const auto& ending) { return std::string(ending.param.body); });

TEST(Relay, RetriesUntilTheMessageIsStored) {
  TestDatabase database;
  queue_many(database.session(), 250);
  database.session().execute("RENAME TABLE inbox_message TO away");
  Channel channel(database, kInbox);
  Relay relay = channel.relay();
  EXPECT_EQ(relay.run_once(), 100u);
  EXPECT_EQ(database.value("SELECT COUNT(*) FROM outbox WHERE state = 'retrying'"), "100");
  database.session().execute("RENAME TABLE away TO inbox_message");
  run_until_idle(database, relay);
  EXPECT_EQ(messages(database), "250");
}

// Kills all sessions of the database but the test's own.
void kill_other_sessions(TestDatabase& database) {
  const auto rows = database.session().query(
      "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> "
      "CONNECTION_ID()");
  for (const TextRow& row : rows) database.session().execute("KILL " + *row[0]);
}

TEST(Relay, GoesOnAfterItsSessionWasKilled) {
  TestDatabase database;
  Channel channel(database, kInbox);
  Relay relay = channel.relay();
  relay.run_once();
  queue(database.session(), {});
  kill_other_sessions(database);
  EXPECT_THROW(relay.run_once(), DatabaseError);
  EXPECT_EQ(relay.run_once(), 1u);
  EXPECT_EQ(only_delivery(database)[0], "sent");
}

TEST(Relay, DeliversWithinASecondAndStopsAtOnce) {
  TestDatabase database;
  Channel channel(database, kInbox);
  channel.policy.poll_interval_ms = 500;
  Relay relay = channel.relay();
  std::jthread thread([&](const std::stop_token& stop) { relay.run(stop); });
  for (int round = 0; round < 3; ++round) {
    queue(database.session(), {.key = std::to_string(round)});
    const auto begin = std::chrono::steady_clock::now();
    const auto bound = begin + std::chrono::seconds(20);
    while (messages(database) != std::to_string(round + 1)) {
      ASSERT_LT(std::chrono::steady_clock::now(), bound);
    }
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(1));
  }
  thread.request_stop();
  thread.join();
  EXPECT_EQ(database.value("SELECT COUNT(*) FROM outbox WHERE state = 'sending'"), "0");
}

TEST(Relay, RefusesALeaseThatDoesNotOutlastASend) {
  TestDatabase database;
  Channel channel(database, kInbox);
  channel.policy.lease_ms = channel.policy.send_timeout_ms;
  EXPECT_THROW(channel.relay(), std::invalid_argument);
}

}  // namespace
}  // namespace packwarden
