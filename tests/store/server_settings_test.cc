#include "store/server_settings.h"

#include <gmock/gmock.h>

#include "support/test_database.h"

namespace packwarden {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::Key;

// A server as docs/OPERATIONS.md sets it up.
ServerSettings good() {
  return {{"max_allowed_packet", "16777216"},
          {"read_only", "OFF"},
          {"innodb_force_recovery", "0"},
          {"binlog_format", "ROW"},
          {"innodb_flush_log_at_trx_commit", "1"},
          {"sync_binlog", "1"},
          {"innodb_doublewrite", "ON"},
          {"log_bin", "ON"},
          {"slow_query_log", "OFF"},
          {"general_log", "OFF"},
          {"innodb_buffer_pool_size", "1073741824"}};
}

TEST(ServerSettings, NothingIsSaidOfAGoodServer) {
  EXPECT_THAT(judge_server_settings(good()), IsEmpty());
}

TEST(ServerSettings, EachWrongOneIsNamedWithWhatFollows) {
  struct Case {
    const char* setting;
    const char* value;
    ServerFault fault;
  };
  using enum ServerFault;
  const Case cases[] = {
      {"max_allowed_packet", "1048576", unusable},
      {"read_only", "ON", unusable},
      {"innodb_force_recovery", "1", unusable},
      {"binlog_format", "STATEMENT", unusable},
      {"innodb_flush_log_at_trx_commit", "0", unsafe},
      {"innodb_flush_log_at_trx_commit", "2", unsafe},
      {"sync_binlog", "0", unsafe},
      {"sync_binlog", "1000", unsafe},
      {"innodb_doublewrite", "OFF", unsafe},
      {"slow_query_log", "ON", unwise},
      {"general_log", "ON", unwise},
      {"innodb_buffer_pool_size", "134217728", unwise},
  };
  for (const Case& one : cases) {
    ServerSettings settings = good();
    settings[one.setting] = one.value;
    EXPECT_THAT(
        judge_server_settings(settings),
        ElementsAre(AllOf(Field(&ServerFinding::setting, one.setting),
                          Field(&ServerFinding::value, one.value),
                          Field(&ServerFinding::fault, one.fault),
                          Field(&ServerFinding::message, testing::StartsWith(one.setting)))))
        << one.setting << " = " << one.value;
  }
}

TEST(ServerSettings, WhatIsAboutTheBinaryLogIsNotAskedWithoutOne) {
  ServerSettings settings = good();
  settings["log_bin"] = "OFF";
  settings["sync_binlog"] = "0";
  settings["binlog_format"] = "STATEMENT";
  EXPECT_THAT(judge_server_settings(settings),
              ElementsAre(AllOf(Field(&ServerFinding::setting, "log_bin"),
                                Field(&ServerFinding::fault, ServerFault::unwise))));
}

TEST(ServerSettings, WhatAServerDoesNotKnowIsNotAsked) {
  ServerSettings settings = good();
  settings.erase("innodb_doublewrite");
  EXPECT_THAT(judge_server_settings(settings), IsEmpty());
}

TEST(ServerSettings, TheServerTellsEachOfThem) {
  TestDatabase database;
  const ServerSettings settings = read_server_settings(database.session());
  for (const auto& [name, value] : good()) EXPECT_THAT(settings, Contains(Key(name)));
  EXPECT_EQ(settings.at("innodb_flush_log_at_trx_commit"), "1");
}

}  // namespace
}  // namespace packwarden
