#include "store/notice_desk.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "store/channel_board.h"
#include "support/test_database.h"

namespace packwarden {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class NoticeDeskTest : public testing::Test {
 protected:
  // A delivery of account 7 in this state; ids count from 1.
  void add(const std::string& state, const std::string& channel = "sms", int account = 7) {
    const bool ended = state == "sent" || state == "dead" || state == "expired";
    const bool due = state == "queued" || state == "retrying" || state == "sending";
    database.session().execute(fmt::format(
        "INSERT INTO outbox (idempotency_key, channel, account_name, recipient, language, kind, "
        "subject, body, facts, state, attempts, next_attempt_at, claim_token, outcome, created_at, "
        "ended_at, useful_until) VALUES ('bill/{}/1/0/{}/{}', '{}', 'acme', '+8613800138000', "
        "'en', 'bill', 'Bill', 'Your bill.', '{{}}', '{}', 3, {}, '', 'busy', NOW(6), {}, NOW(6) + "
        "INTERVAL 1 HOUR)",
        account, ++count_, channel, channel, state, due ? "NOW(6) - INTERVAL 90 SECOND" : "NULL",
        ended ? "NOW(6)" : "NULL"));
  }
  std::vector<std::uint64_t> ids(const DeliveryFilter& filter) {
    std::vector<std::uint64_t> found;
    for (const DeliveryRow& row : desk.deliveries(filter)) found.push_back(row.id);
    return found;
  }
  std::string states() {
    std::string all;
    for (const auto& row : database.session().query("SELECT state FROM outbox ORDER BY 1")) {
      all += (all.empty() ? "" : " ") + *row[0];
    }
    return all;
  }

  TestDatabase database;
  MysqlNoticeDesk desk{database.address()};

 private:
  int count_ = 0;
};

TEST_F(NoticeDeskTest, N6_dead_and_held_ones_can_be_listed) {
  for (const char* state : {"sent", "dead", "held", "queued"}) add(state);
  EXPECT_THAT(ids({}), ElementsAre(4, 3, 2, 1)) << "newest first";
  EXPECT_THAT(ids({.states = {"held", "dead"}}), ElementsAre(3, 2));
  EXPECT_THAT(ids({.states = {"held", "dead"}, .limit = 1}), ElementsAre(3));
  EXPECT_THAT(ids({.ids = {2, 4}}), ElementsAre(4, 2));
  const DeliveryRow row = desk.deliveries({.ids = {2}}).at(0);
  EXPECT_EQ(row.kind, "bill");
  EXPECT_EQ(row.account, "acme");
  EXPECT_EQ(row.outcome, "busy");
  EXPECT_TRUE(row.ended_at);
  EXPECT_EQ(desk.text_of(2)->body, "Your bill.");
  EXPECT_FALSE(desk.text_of(99));
}

TEST_F(NoticeDeskTest, lists_one_account_or_channel) {
  add("queued", "sms", 7);
  add("queued", "email", 7);
  add("queued", "sms", 77);
  EXPECT_THAT(ids({.account_id = 7}), ElementsAre(2, 1));
  EXPECT_THAT(ids({.channel = "sms", .account_id = 7}), ElementsAre(1));
  EXPECT_THAT(ids({.account_id = 8}), IsEmpty());
}

TEST_F(NoticeDeskTest, N6_held_and_dead_ones_are_sent_again_with_all_their_attempts) {
  for (const char* state : {"sent", "dead", "held", "expired"}) add(state);
  EXPECT_EQ(desk.retry({}), 2U);
  EXPECT_EQ(states(), "expired queued queued sent");
  EXPECT_EQ(
      database.value("SELECT COUNT(*) FROM outbox WHERE state = 'queued' AND attempts = 0 AND "
                     "next_attempt_at <= NOW(6) AND ended_at IS NULL AND useful_until IS NULL"),
      "2");
  EXPECT_EQ(desk.retry({.ids = {1, 4}}), 0U) << "what was sent or expired stays so";
}

TEST_F(NoticeDeskTest, D2_an_erased_one_has_no_text_to_send_again) {
  add("dead");
  database.session().execute("UPDATE outbox SET erased_at = NOW(6)");
  EXPECT_EQ(desk.retry({}), 0U);
}

TEST_F(NoticeDeskTest, N6_what_waits_is_held_or_dead_can_be_discarded_but_not_what_is_being_sent) {
  for (const char* state : {"queued", "retrying", "held", "dead", "sending", "sent"}) add(state);
  EXPECT_EQ(desk.discard({.channel = "sms"}, "it's an 'old' address"), 4U);
  EXPECT_EQ(states(), "discarded discarded discarded discarded sending sent");
  EXPECT_EQ(database.value("SELECT outcome FROM outbox WHERE delivery_id = 1"),
            "by an operator: it's an 'old' address");
  EXPECT_EQ(database.value("SELECT COUNT(*) FROM outbox WHERE state = 'discarded' AND "
                           "(next_attempt_at IS NOT NULL OR ended_at IS NULL)"),
            "0");
}

TEST_F(NoticeDeskTest, changes_more_than_fit_one_statement) {
  database.session().begin();
  for (int i = 0; i < 1'100; ++i) add("held");
  database.session().commit();
  EXPECT_EQ(desk.retry({.states = {"held"}}), 1'100U);
}

TEST_F(NoticeDeskTest, shows_what_waits_for_each_channel_and_what_ended_within_a_day) {
  for (const char* state : {"queued", "retrying", "sending", "held", "sent", "sent", "dead"}) {
    add(state);
  }
  add("queued", "email");
  database.session().execute(
      "UPDATE outbox SET ended_at = NOW(6) - INTERVAL 25 HOUR WHERE state = 'dead'");
  MysqlChannelBoard(database.address(), "sms").start("sms.so");
  const auto rows = desk.channels();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].name, "email");
  EXPECT_EQ(rows[0].state, "") << "its process never ran";
  const ChannelRow& sms = rows[1];
  EXPECT_EQ(sms.state, "starting");
  EXPECT_EQ(sms.waiting, 2);
  EXPECT_EQ(sms.sending, 1);
  EXPECT_EQ(sms.held, 1);
  EXPECT_EQ(sms.sent, 2);
  EXPECT_EQ(sms.dead, 0);
  EXPECT_TRUE(sms.oldest_s);
}

TEST_F(NoticeDeskTest, pauses_and_resumes_once) {
  EXPECT_TRUE(desk.set_paused("sms", true));
  EXPECT_FALSE(desk.set_paused("sms", true));
  EXPECT_TRUE(desk.channels().at(0).paused);
  EXPECT_TRUE(desk.set_paused("sms", false));
  EXPECT_FALSE(desk.channels().at(0).paused);
}

TEST_F(NoticeDeskTest, puts_a_test_message_into_the_outbox) {
  const std::uint64_t id =
      desk.add_test({"sms", "+8613800138000", "o'hara", "en", "Test", "A test.", ""});
  const DeliveryRow row = desk.deliveries({.ids = {id}}).at(0);
  EXPECT_EQ(row.kind, "test");
  EXPECT_EQ(row.state, "queued");
  EXPECT_EQ(row.account, "o'hara");
}

}  // namespace
}  // namespace packwarden
