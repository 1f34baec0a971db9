// Drives one plugin through the host that the daemon has, for tests that start a provider of their
// own:
//
//   drive_plugin [--set-up-limit-ms N] PLUGIN.so [KEY=VALUE...]
//
// Reads a JSON line from standard input, does it, and answers with a JSON line:
//   {"deliver": [{"idempotency_key": ..., "recipient": ..., "body": ..., ...}], "limit_ms": 5000}
//     -> {"results": [{"outcome": "accepted", "detail": "...", "retry_after_ms": 0}, ...]}
//   {"check": true} -> {"check": ""}, or the sentence that says why the provider is out of reach
// What the provider reports comes between the answers, when it comes:
//   {"report": "delivered", "idempotency_key": ..., "detail": ...}
// Ends at the end of its input; status 1 and a line on standard error where the plugin is refused.
// The log of the host goes to standard error too.

#include <array>
#include <boost/json.hpp>
#include <iostream>
#include <mutex>

#include "channel/plugin_host.h"
#include "logging/log.h"
#include "support/fake_outbox.h"

namespace packwarden {
namespace {

namespace json = boost::json;

void answer(const json::object& line) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  std::cout << json::serialize(line) << "\n" << std::flush;
}

class ReportPrinter final : public DeliveryReports {
 public:
  void record(const std::string& idempotency_key, ReportedState state,
              const std::string& detail) override {
    constexpr std::array names = {"pending", "delivered", "failed"};
    answer({{"report", names.at(static_cast<std::size_t>(state))},
            {"idempotency_key", idempotency_key},
            {"detail", detail}});
  }
};

OutboxRow row_of(const json::object& message) {
  const auto text = [&](const char* key, const char* absent = "") {
    const json::value* value = message.if_contains(key);
    return value == nullptr ? std::string(absent) : std::string(value->as_string());
  };
  OutboxRow row;
  row.idempotency_key = text("idempotency_key", "pack_usage/1/1/1/50/test");
  row.account_name = text("account", "acme");
  row.recipient = text("recipient");
  row.language = text("language", "zh-CN");
  row.kind = text("kind", "pack_usage");
  row.subject = text("subject");
  row.body = text("body");
  row.html = text("html");
  row.facts = text("facts", "{}");
  row.occurred_at = text("occurred_at", "2026-11-20T12:00:00.000000Z");
  row.attempts = 1;
  return row;
}

json::object deliver(Plugin& plugin, const json::object& order) {
  constexpr std::array names = {"unknown", "accepted", "rejected", "retry", "hold"};
  std::vector<OutboxRow> rows;
  for (const json::value& message : order.at("deliver").as_array()) {
    rows.push_back(row_of(message.as_object()));
  }
  const json::value* limit = order.if_contains("limit_ms");
  json::array results;
  for (const DeliveryReport& report : plugin.deliver(
           rows, std::chrono::milliseconds(limit == nullptr ? 10'000 : limit->as_int64()))) {
    results.push_back({{"outcome", names.at(static_cast<std::size_t>(report.outcome))},
                       {"detail", report.detail},
                       {"retry_after_ms", report.retry_after_ms}});
  }
  return {{"results", std::move(results)}};
}

int drive(const std::string& path, const PluginSettings& settings,
          std::chrono::milliseconds set_up_limit) {
  const auto notifier = load_notifier(path, "test", set_up_limit);
  FakeOutbox outbox;
  ReportPrinter reports;
  if (!notifier) {
    std::cerr << notifier.error() << "\n";
    return 1;
  }
  const auto plugin =
      Plugin::create(*notifier, "test", settings, {&outbox, &reports}, set_up_limit);
  if (!plugin) {
    std::cerr << plugin.error() << "\n";
    return 1;
  }
  for (std::string line; std::getline(std::cin, line);) {
    const json::object order = json::parse(line).as_object();
    if (order.contains("check")) {
      const auto reached = (*plugin)->check();
      answer({{"check", reached ? std::string() : reached.error()}});
    } else {
      answer(deliver(**plugin, order));
    }
  }
  return 0;
}

}  // namespace
}  // namespace packwarden

int main(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  std::chrono::milliseconds set_up_limit = packwarden::kSetUpLimit;
  if (words.size() > 2 && words.front() == "--set-up-limit-ms") {
    set_up_limit = std::chrono::milliseconds(std::stol(words[1]));
    words.erase(words.begin(), words.begin() + 2);
  }
  if (words.empty()) {
    std::cerr << "usage: drive_plugin [--set-up-limit-ms N] PLUGIN.so [KEY=VALUE...]\n";
    return 2;
  }
  packwarden::LogOptions log;
  log.text_pattern = "%l: %v";
  log.may_use_journal = false;
  const packwarden::Logging logging(log);
  packwarden::PluginSettings settings;
  for (auto word = words.begin() + 1; word != words.end(); ++word) {
    const auto equals = word->find('=');
    settings.emplace_back(word->substr(0, equals),
                          equals == std::string::npos ? "" : word->substr(equals + 1));
  }
  return packwarden::drive(words.front(), settings, set_up_limit);
}
