#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "channel/retry_policy.h"
#include "channel/watchdog.h"
#include "notifier_abi.h"
#include "usecases/outbox_port.h"

namespace packwarden {

using PluginSettings = std::vector<std::pair<std::string, std::string>>;

// Loads the library at `path` for ever: it is never unloaded. Returns its description, which lives
// as long as the process, or a sentence that says what is wrong with it: no such file, no entry
// symbol, another version of the interface, a description that is too small or incomplete.
tl::expected<const pw_notifier*, std::string> load_notifier(const std::string& path);

// A plugin at work. One thread at a time. Nothing that the plugin answers is trusted: texts are cut
// and cleaned, numbers that mean nothing are unknown outcomes, and a call that takes too long ends
// the process.
class Plugin {
 public:
  // `notifier` comes from load_notifier. `store` is not owned and outlives the plugin, which stores
  // in-site messages through it. The error is the plugin's own sentence.
  static tl::expected<std::unique_ptr<Plugin>, std::string> create(const pw_notifier* notifier,
                                                                   const std::string& channel,
                                                                   const PluginSettings& settings,
                                                                   OutboxStore& store);
  ~Plugin();
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;

  std::uint32_t batch_max() const { return notifier_->batch_max; }
  std::string name() const { return notifier_->name; }

  // Delivers at most batch_max() rows and returns a report for each, in their order. A row whose
  // text is larger than the plugin takes is rejected here.
  std::vector<DeliveryReport> deliver(std::span<const OutboxRow> rows,
                                      std::chrono::milliseconds limit);

  // Whether the provider could be reached; the error is a sentence.
  tl::expected<void, std::string> check();

 private:
  Plugin(const pw_notifier* notifier, const std::string& channel, OutboxStore& store);

  static void log(void* context, int level, const char* text);
  static int store_message(void* context, const char* idempotency_key, const char* account,
                           const char* language, const char* subject, const char* body);
  void call_deliver(std::span<const OutboxRow* const> rows,
                    std::span<DeliveryReport* const> reports, std::chrono::milliseconds limit);

  const pw_notifier* notifier_;
  std::string channel_;
  OutboxStore* store_;
  pw_host host_;
  Watchdog watchdog_;
  pw_instance* instance_ = nullptr;  // owned by the plugin
  bool delivering_ = false;
  bool store_failed_ =
      false;  // in this call of deliver: the rest is refused without asking the database again
};

// At most `bytes_max` bytes of `text` as valid UTF-8 on one line: what is not becomes '?' or a
// space. Pure.
std::string clean_text(std::string_view text, std::size_t bytes_max);

}  // namespace packwarden
