#include "store/inbox_store.h"

#include <gmock/gmock.h>

#include "store/outbox_store.h"
#include "support/test_database.h"

namespace packwarden {
namespace {

using ::testing::ElementsAre;

class InboxStoreTest : public testing::Test {
 protected:
  InboxStoreTest() {
    MysqlOutboxStore outbox(database.address());
    const auto message = [](const char* key, const char* account, const char* subject) {
      return InboxMessage{key, account, "en", "bill", subject, "text"};
    };
    const std::vector<InboxMessage> messages = {message("1", "acme", "first"),
                                                message("2", "acme", "second"),
                                                message("3", "other", "not acme's")};
    outbox.store_inbox_messages(messages);
    outbox.store_inbox_messages(messages);  // an attempt whose outcome was lost
  }
  std::vector<std::string> subjects(const InboxFilter& filter = {}) {
    std::vector<std::string> found;
    for (const InboxEntry& entry : inbox.entries("acme", filter)) found.push_back(entry.subject);
    return found;
  }
  std::vector<std::int64_t> counts() {
    const InboxCounts counts = inbox.counts("acme");
    return {counts.unseen, counts.unread, counts.archived};
  }

  TestDatabase database;
  MysqlInbox inbox{database.address()};
};

TEST_F(InboxStoreTest, N4_shows_the_messages_of_one_account_newest_first) {
  EXPECT_THAT(subjects(), ElementsAre("second", "first"));
  EXPECT_THAT(subjects({.limit = 1}), ElementsAre("second"));
  EXPECT_THAT(subjects({.before_id = 2}), ElementsAre("first"));
  EXPECT_EQ(inbox.entries("acme", {}).at(0).kind, "bill");
  EXPECT_THAT(counts(), ElementsAre(2, 2, 0));
}

TEST_F(InboxStoreTest, N4_counts_what_was_not_seen_and_not_read) {
  EXPECT_EQ(inbox.mark("acme", {}, InboxMark::seen), 2U);
  EXPECT_THAT(counts(), ElementsAre(0, 2, 0));
  EXPECT_EQ(inbox.mark("acme", {1}, InboxMark::read), 1U);
  EXPECT_EQ(inbox.mark("acme", {1}, InboxMark::read), 0U) << "the first instant stays";
  EXPECT_THAT(counts(), ElementsAre(0, 1, 0));
  EXPECT_THAT(subjects({.unread_only = true}), ElementsAre("second"));
  EXPECT_EQ(inbox.mark("acme", {1}, InboxMark::unread), 1U);
  EXPECT_THAT(counts(), ElementsAre(0, 2, 0));
}

TEST_F(InboxStoreTest, N4_a_read_message_was_seen_too) {
  inbox.mark("acme", {2}, InboxMark::read);
  EXPECT_THAT(counts(), ElementsAre(1, 1, 0));
}

TEST_F(InboxStoreTest, N4_archived_ones_are_out_of_sight_and_out_of_the_counts) {
  EXPECT_EQ(inbox.mark("acme", {2}, InboxMark::archived), 1U);
  EXPECT_THAT(subjects(), ElementsAre("first"));
  EXPECT_THAT(subjects({.archived_too = true}), ElementsAre("second", "first"));
  EXPECT_THAT(counts(), ElementsAre(1, 1, 1));
  EXPECT_EQ(inbox.mark("acme", {2}, InboxMark::unarchived), 1U);
  EXPECT_THAT(counts(), ElementsAre(2, 2, 0));
}

TEST_F(InboxStoreTest, N4_nobody_marks_the_messages_of_another) {
  EXPECT_EQ(inbox.mark("acme", {3}, InboxMark::read), 0U);
  EXPECT_EQ(database.value("SELECT COUNT(*) FROM inbox_message WHERE read_at IS NOT NULL"), "0");
}

}  // namespace
}  // namespace packwarden
