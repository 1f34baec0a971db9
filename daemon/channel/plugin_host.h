#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "channel/plugin_guard.h"
#include "channel/plugin_loader.h"
#include "channel/retry_policy.h"
#include "channel/watchdog.h"
#include "notifier_abi.h"
#include "usecases/outbox_port.h"

namespace packwarden {

using PluginSettings = std::vector<std::pair<std::string, std::string>>;

// Where a plugin's calls of the host go. Not owned; both outlive the plugin.
struct PluginStores {
  OutboxStore* outbox = nullptr;       // used from the thread of Plugin::deliver
  DeliveryReports* reports = nullptr;  // used from the plugin's own threads
};

// A plugin at work. One thread at a time. Nothing that the plugin answers is trusted: texts are cut
// and cleaned, numbers that mean nothing are unknown outcomes, and a call that takes too long or
// lets an exception out ends the process.
class Plugin {
 public:
  // `notifier` comes from load_notifier. The error is the plugin's own sentence. `set_up_limit` is
  // for each of create, check and destroy.
  static tl::expected<std::unique_ptr<Plugin>, std::string> create(
      const pw_notifier* notifier, const std::string& channel, const PluginSettings& settings,
      PluginStores stores, std::chrono::milliseconds set_up_limit = kSetUpLimit);
  ~Plugin();
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;

  std::uint32_t batch_max() const { return notifier_->batch_max; }
  std::uint32_t rate_max_per_s() const { return notifier_->rate_max_per_s; }  // 0: no limit
  std::string name() const { return notifier_->name; }

  // Delivers at most batch_max() rows and returns a report for each, in their order. A row whose
  // text is larger than the plugin takes is rejected here.
  std::vector<DeliveryReport> deliver(std::span<const OutboxRow> rows,
                                      std::chrono::milliseconds limit);

  // Whether the provider could be reached; the error is a sentence.
  tl::expected<void, std::string> check();

 private:
  Plugin(const pw_notifier* notifier, const std::string& channel, PluginStores stores,
         std::chrono::milliseconds set_up_limit);

  // Runs `code`, which is the plugin's `function`.
  template <typename Code>
  auto run(const char* function, std::chrono::milliseconds limit, Code&& code);
  static void log(void* context, int level, const char* text);
  static int store_messages(void* context, const pw_message* const* messages, std::size_t count);
  static int report(void* context, const char* idempotency_key, int report, const char* detail);
  void call_deliver(std::span<const OutboxRow* const> rows,
                    std::span<DeliveryReport* const> reports, std::chrono::milliseconds limit);

  const pw_notifier* notifier_;
  std::string channel_;
  PluginStores stores_;
  pw_host host_;
  Watchdog watchdog_;
  std::chrono::milliseconds set_up_limit_;
  PluginLife life_;
  pw_instance* instance_ = nullptr;  // owned by the plugin
  bool delivering_ = false;
};

}  // namespace packwarden
