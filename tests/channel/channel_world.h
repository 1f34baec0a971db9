#pragma once

#include <fmt/format.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "channel/relay.h"
#include "store/channel_board.h"
#include "store/delivery_reports.h"
#include "store/outbox_store.h"
#include "support/places.h"
#include "support/test_database.h"

namespace packwarden {

inline const std::string kInbox = binary_dir() + "/lib/packwarden/inbox.so";
inline const std::string kScripted = binary_dir() + "/lib/fixtures/scripted.so";

// One channel with all that belongs to it, as its process has it.
class Channel {
 public:
  Channel(const TestDatabase& database, const std::string& plugin_path)
      : store_(database.address()),
        reports_(database.address()),
        board_(database.address(), "inbox"),
        plugin_(load(plugin_path, {&store_, &reports_})) {}

  ChannelPolicy policy{.channel = "inbox",
                       .poll_interval_ms = 20,
                       .retry_min_ms = 1,
                       .retry_max_ms = 1,
                       .attempts_max = 3,
                       .on_unknown = UnknownOutcome::retry};

  // Over its own store, or another one.
  Relay relay(OutboxStore* other = nullptr) {
    return Relay(other == nullptr ? store_ : *other, board_, *plugin_, policy);
  }
  MysqlOutboxStore& store() { return store_; }

 private:
  static std::unique_ptr<Plugin> load(const std::string& path, PluginStores stores) {
    auto plugin = Plugin::create(load_notifier(path, "test").value(), "inbox", {}, stores);
    if (!plugin) throw std::runtime_error(plugin.error());
    return std::move(*plugin);
  }

  MysqlOutboxStore store_;
  MysqlDeliveryReports reports_;
  MysqlChannelBoard board_;
  std::unique_ptr<Plugin> plugin_;
};

struct Delivery {
  std::string key = "acme/1/50";
  std::string body = "text";
  std::string subject = "";
  std::string channel = "inbox";
  std::string due = "NOW(6)";
  std::string recipient = "";
  bool can_wait = false;
  std::string useful_until = "NULL";
};

inline void queue(Session& session, const Delivery& delivery) {
  session.execute(fmt::format(
      "INSERT INTO outbox (idempotency_key, channel, account_name, recipient, language, subject, "
      "body, state, attempts, next_attempt_at, claim_token, outcome, created_at, can_wait, "
      "useful_until) VALUES ({}, {}, 'acme', {}, 'zh-CN', {}, {}, 'queued', 0, {}, '', '', NOW(6), "
      "{}, {})",
      session.escape(delivery.key), session.escape(delivery.channel),
      session.escape(delivery.recipient), session.escape(delivery.subject),
      session.escape(delivery.body), delivery.due, delivery.can_wait, delivery.useful_until));
}

inline void queue_many(Session& session, int count) {
  session.begin();
  for (int i = 0; i < count; ++i) queue(session, {.key = fmt::format("key-{}", i)});
  session.commit();
}

// State, attempts, outcome of the one delivery; and whether it ended and left the claim index.
inline TextRow only_delivery(TestDatabase& database) {
  return database.session()
      .query(
          "SELECT state, attempts, outcome, ended_at IS NOT NULL, next_attempt_at IS NULL FROM "
          "outbox")
      .at(0);
}

}  // namespace packwarden
