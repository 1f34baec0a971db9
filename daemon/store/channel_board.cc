#include "store/channel_board.h"

#include <fmt/format.h>

#include <array>

#include "store/outbox_sql.h"

namespace packwarden {

std::string_view name_of(ChannelState state) {
  constexpr std::array<std::string_view, 6> names = {"starting", "delivering", "failing",
                                                     "broken",   "failed",     "stopped"};
  return names.at(static_cast<std::size_t>(state));
}

MysqlChannelBoard::MysqlChannelBoard(DatabaseAddress address, std::string channel)
    : session_(std::move(address)), channel_(std::move(channel)) {}

Session& MysqlChannelBoard::session() {
  if (!session_.connected()) session_.connect();
  return session_;
}

void MysqlChannelBoard::update(const std::string& columns) {
  Session& db = session();
  const std::string name = db.escape(channel_);
  run_again([&] {
    if (db.execute(fmt::format("UPDATE channel SET {} WHERE name = {}", columns, name)) > 0) return;
    db.execute(fmt::format("INSERT IGNORE INTO channel (name, since) VALUES ({}, NOW(6))", name));
    db.execute(fmt::format("UPDATE channel SET {} WHERE name = {}", columns, name));
  });
}

bool MysqlChannelBoard::start(const std::string& plugin) {
  constexpr const char* without_a_word = "state IN ('starting', 'delivering', 'failing')";
  Session& db = session();
  const auto before = db.query(
      fmt::format("SELECT {} FROM channel WHERE name = {}", without_a_word, db.escape(channel_)));
  // Counted by the state at the update: whoever started this process may note the end of the one
  // before it meanwhile, and only one of both counts.
  update(
      fmt::format("failures = failures + IF({}, 1, 0), plugin = {}, state = 'starting', detail = "
                  "'', since = NOW(6), seen_at = NOW(6), starts = starts + 1",
                  without_a_word, db.escape(plugin)));
  return !before.empty() && before[0][0] == "1";
}

void MysqlChannelBoard::set_state(ChannelState state, const std::string& detail) {
  update(
      fmt::format("since = IF(state = '{0}', since, NOW(6)), state = '{0}', detail = {1}, "
                  "seen_at = NOW(6)",
                  name_of(state), session().escape(detail)));
}

void MysqlChannelBoard::set_failed(const std::string& detail, std::chrono::microseconds ago) {
  // What the process itself could still say stays: it knows better why. A note that comes late must
  // not be taken for one of the process that was started meanwhile; so the instant is read once,
  // before attempts that may wait for the row.
  const std::string at =
      session()
          .query(fmt::format("SELECT NOW(6) - INTERVAL {} MICROSECOND", ago.count()))
          .at(0)
          .at(0)
          .value();
  update(fmt::format(
      "failures = failures + IF({0}, 0, 1), since = IF({0}, since, NOW(6)), detail = IF({0} OR "
      "(state IN ('broken', 'failed') AND detail > ''), detail, {1}), state = IF({0} OR state = "
      "'broken', state, 'failed')",
      fmt::format("COALESCE(seen_at > '{}', FALSE)", at), session().escape(detail)));
}

bool MysqlChannelBoard::check_in() {
  Session& db = session();
  update("seen_at = NOW(6)");
  const auto rows = db.query(fmt::format(
      "SELECT paused_at IS NOT NULL FROM channel WHERE name = {}", db.escape(channel_)));
  return !rows.empty() && rows[0][0] == "1";
}

}  // namespace packwarden
