#include <gmock/gmock.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>

#include "channel/channel_world.h"
#include "channel/pacer.h"
#include "support/places.h"

namespace packwarden {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Optional;

std::string count(TestDatabase& database, const std::string& condition) {
  return database.value("SELECT COUNT(*) FROM outbox WHERE " + condition);
}

TEST(Limits, N6_what_is_no_longer_useful_expires_and_says_what_happened_last) {
  TestDatabase database;
  queue(database.session(),
        {.key = "k", .body = "accept", .useful_until = "NOW(6) - INTERVAL 1 SECOND"});
  database.session().execute("UPDATE outbox SET state = 'retrying', outcome = 'busy'");
  Channel channel(database, kScripted);
  EXPECT_EQ(channel.relay().run_once(), 0U);
  EXPECT_THAT(only_delivery(database),
              ElementsAre("expired", "0", "no longer useful; last: busy", "1", "1"));
}

TEST(Limits, N6_what_is_still_useful_is_sent) {
  TestDatabase database;
  queue(database.session(),
        {.key = "k", .body = "accept", .useful_until = "NOW(6) + INTERVAL 1 HOUR"});
  Channel channel(database, kScripted);
  EXPECT_EQ(channel.relay().run_once(), 1U);
  EXPECT_EQ(only_delivery(database).at(0), "sent");
}

TEST(Limits, N7_in_quiet_hours_only_what_cannot_wait_is_sent) {
  TestDatabase database;
  queue(database.session(), {.key = "urgent", .body = "accept"});
  queue(database.session(), {.key = "bill", .body = "accept", .can_wait = true});
  Channel channel(database, kScripted);
  std::uint64_t quiet_for_ms = 3'600'000;
  channel.policy.quiet_for_ms = [&] { return quiet_for_ms; };
  Relay relay = channel.relay();
  EXPECT_EQ(relay.run_once(), 1U);
  EXPECT_EQ(relay.run_once(), 0U);
  EXPECT_EQ(database.value("SELECT idempotency_key FROM outbox WHERE state = 'sent'"), "urgent");
  EXPECT_EQ(count(database,
                  "state = 'queued' AND attempts = 0 AND next_attempt_at > NOW(6) + "
                  "INTERVAL 59 MINUTE"),
            "1");
  quiet_for_ms = 0;  // and an hour later
  database.session().execute("UPDATE outbox SET next_attempt_at = NOW(6) WHERE state = 'queued'");
  EXPECT_EQ(relay.run_once(), 1U);
  EXPECT_EQ(count(database, "state = 'sent'"), "2");
}

TEST(Limits, N7_a_recipient_gets_no_more_in_an_hour_than_the_channel_allows) {
  TestDatabase database;
  for (int i = 0; i < 5; ++i) {
    queue(database.session(),
          {.key = std::to_string(i), .body = "accept", .recipient = "+8613800"});
  }
  queue(database.session(), {.key = "other", .body = "accept", .recipient = "+8613801"});
  Channel channel(database, kScripted);
  channel.policy.recipient_max_per_hour = 2;
  channel.policy.batch_max = 3;  // the limit is kept over claims
  Relay relay = channel.relay();
  while (relay.run_once() > 0) {
  }
  relay.run_once();
  EXPECT_EQ(count(database, "state = 'sent' AND recipient = '+8613800'"), "2");
  EXPECT_EQ(count(database, "state = 'sent' AND recipient = '+8613801'"), "1");
  EXPECT_EQ(count(database,
                  "state = 'retrying' AND attempts = 0 AND next_attempt_at = "
                  "DATE_FORMAT(NOW(), '%Y-%m-%d %H:00:00') + INTERVAL 1 HOUR"),
            "3");
  EXPECT_THAT(database.session().query("SELECT outcome FROM outbox WHERE state = 'retrying'").at(0),
              ElementsAre(Optional(HasSubstr("waits for the next hour"))));
}

TEST(Limits, N7_a_channel_sends_no_more_a_second_than_it_may) {
  const Pacer::Time begin{};
  Pacer pacer(10, begin);
  EXPECT_EQ(pacer.allowed(100, begin), 10U);
  pacer.passed(10);
  EXPECT_EQ(pacer.allowed(100, begin), 0U);
  EXPECT_EQ(pacer.until_next(), milliseconds(100));
  EXPECT_EQ(pacer.allowed(100, begin + milliseconds(250)), 2U);
  EXPECT_EQ(pacer.allowed(100, begin + std::chrono::hours(1)), 10U);
  Pacer unlimited(0, begin);
  EXPECT_EQ(unlimited.allowed(100, begin), 100U);
  EXPECT_EQ(unlimited.until_next(), milliseconds(0));
}

TEST(Limits, N7_the_rate_of_the_settings_holds_back_the_rest_of_a_batch) {
  TestDatabase database;
  for (int i = 0; i < 5; ++i)
    queue(database.session(), {.key = std::to_string(i), .body = "accept"});
  Channel channel(database, kScripted);
  channel.policy.rate_max_per_s = 3;
  EXPECT_EQ(channel.relay().run_once(), 3U);
}

TEST(Board, a_paused_channel_claims_nothing_until_it_is_resumed) {
  TestDatabase database;
  queue(database.session(), {.key = "k", .body = "accept"});
  Channel channel(database, kScripted);
  MysqlChannelBoard board(database.address(), "inbox");
  board.check_in();
  database.session().execute("UPDATE channel SET paused_at = NOW(6)");
  EXPECT_EQ(channel.relay().run_once(), 0U);
  EXPECT_EQ(only_delivery(database).at(0), "queued");
  database.session().execute("UPDATE channel SET paused_at = NULL");
  EXPECT_EQ(channel.relay().run_once(), 1U);
}

TEST(Board, tells_why_nothing_gets_through_and_that_it_does_again) {
  TestDatabase database;
  Channel channel(database, kScripted);
  Relay relay = channel.relay();
  const auto state = [&] {
    return database.session().query("SELECT state, detail FROM channel").at(0);
  };
  const auto deliver = [&](const std::string& body) {
    queue(database.session(), {.key = body, .body = body});
    relay.run_once();
    relay.check_in_now();
  };
  deliver("retry");
  EXPECT_THAT(state(), ElementsAre("failing", "busy"));
  deliver("accept");
  EXPECT_THAT(state(), ElementsAre("delivering", ""));
}

TEST(Board, counts_processes_that_ended_without_a_word) {
  TestDatabase database;
  MysqlChannelBoard board(database.address(), "sms");
  const auto row = [&] {
    return database.session()
        .query("SELECT plugin, state, detail, starts, failures FROM channel")
        .at(0);
  };
  EXPECT_FALSE(board.start("sms.so"));
  EXPECT_TRUE(board.start("sms.so")) << "the first one never said how it ended";
  board.set_state(ChannelState::stopped, "");
  EXPECT_FALSE(board.start("sms.so"));
  EXPECT_THAT(row(), ElementsAre("sms.so", "starting", "", "3", "1"));
  board.set_failed("was ended by signal 11", std::chrono::microseconds(0));
  EXPECT_THAT(row(), ElementsAre("sms.so", "failed", "was ended by signal 11", "3", "2"));
  EXPECT_FALSE(board.start("sms.so"));
  board.set_state(ChannelState::broken, "exports no pw_notifier_entry");
  board.set_failed("ended with status 1", std::chrono::microseconds(0));
  EXPECT_THAT(row(), ElementsAre("sms.so", "broken", "exports no pw_notifier_entry", "4", "3"));
}

// The second in which the statement with `text` began to wait for a lock; empty while it does not.
std::string waits_since(TestDatabase& database, const std::string& text) {
  return database.value(
      "SELECT COALESCE(MAX(trx_wait_started), '') FROM information_schema.innodb_trx WHERE "
      "trx_state = 'LOCK WAIT' AND trx_query LIKE '%" +
      text + "%' AND trx_query NOT LIKE '%innodb_trx%'");
}

void wait_until(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) throw std::runtime_error("not within 30 s");
    // The server shows lock waits anew only to who has not looked for 100 ms.
    std::this_thread::sleep_for(milliseconds(150));
  }
}

TEST(Board, a_note_that_was_tried_again_counts_nothing_that_a_start_has_counted) {
  TestDatabase database;
  DatabaseAddress impatient = database.address();
  impatient.lock_wait_timeout_s = 1;
  const std::string channel = "sms-" + std::to_string(getpid());
  const std::string signal = "was ended by signal 9 in " + channel;
  MysqlChannelBoard supervisor(impatient, channel);
  MysqlChannelBoard process(database.address(), channel);
  process.start("sms.so");
  Session other = database.connect();
  other.begin();
  other.query("SELECT name FROM channel FOR UPDATE");

  std::jthread noting([&] { supervisor.set_failed(signal, std::chrono::microseconds(0)); });
  wait_until([&] { return !waits_since(database, signal).empty(); });
  const std::string first = waits_since(database, signal);
  std::jthread starting([&] { process.start("next-" + channel); });
  wait_until([&] { return !waits_since(database, "next-" + channel).empty(); });
  wait_until([&] {
    const std::string since = waits_since(database, signal);
    return !since.empty() && since != first;
  });
  other.rollback();
  noting.join();
  starting.join();
  EXPECT_EQ(database.value("SELECT failures FROM channel"), "1");
}

// The SQL of docs/CHANNELS.md, for this database and a user of its own.
std::string grants_of_the_docs(const std::string& database, const std::string& user) {
  std::ifstream file(source_dir() + "/docs/CHANNELS.md");
  std::ostringstream text;
  text << file.rdbuf();
  const std::string all = text.str();
  const auto begin = all.find("```sql\n") + 7;
  std::string sql = all.substr(begin, all.find("```", begin) - begin);
  sql = std::regex_replace(sql, std::regex("ON packwarden\\."), "ON " + database + ".");
  return std::regex_replace(sql, std::regex("packwarden_channel"), user);
}

TEST(ChannelUser, delivers_and_reports_with_the_rights_of_the_docs_and_sees_nothing_else) {
  TestDatabase database;
  DatabaseAddress address = database.address();
  const std::string user = fmt::format("channel_{}", getpid());
  std::istringstream grants(grants_of_the_docs(address.name, user));
  int statements = 0;
  for (std::string line; std::getline(grants, line, ';');) {
    if (line.find_first_not_of(" \n") == std::string::npos) continue;
    database.session().execute(line);
    ++statements;
  }
  EXPECT_EQ(statements, 5);
  address.user = user;
  address.password = "a password";

  queue(database.session(), {.key = "k", .recipient = "acme"});
  MysqlOutboxStore store(address);
  MysqlDeliveryReports reports(address);
  MysqlChannelBoard board(address, "inbox");
  board.start("inbox.so");
  const auto plugin =
      Plugin::create(load_notifier(kInbox, "inbox").value(), "inbox", {}, {&store, &reports})
          .value_or(nullptr);
  ASSERT_NE(plugin, nullptr);
  ChannelPolicy policy{.channel = "inbox"};
  policy.recipient_max_per_hour = 5;
  Relay relay(store, board, *plugin, policy);
  EXPECT_EQ(relay.run_once(), 1U);
  reports.record("k", ReportedState::delivered, "");
  EXPECT_EQ(only_delivery(database).at(0), "sent");
  Session session(address);
  session.connect();
  EXPECT_THROW(session.query("SELECT * FROM account"), DatabaseError);
  EXPECT_THROW(session.query("SELECT body FROM inbox_message"), DatabaseError);
  EXPECT_THROW(session.execute("INSERT INTO outbox (idempotency_key) VALUES ('x')"), DatabaseError);
  database.session().execute(fmt::format("DROP USER {}@localhost", user));
}

}  // namespace
}  // namespace packwarden
