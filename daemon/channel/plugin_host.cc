#include "channel/plugin_host.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "channel/clean_text.h"
#include "logging/log.h"

namespace packwarden {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kGrace{2'000};  // for a plugin that comes back a little late by itself
constexpr std::size_t kDetailBytesMax =
    200;  // leaves room in the outcome column for the host's own words
constexpr std::size_t kErrorBytes = 512;

using Outcome = DeliveryReport::Outcome;

template <std::size_t Size>
std::string text_of(const char (&field)[Size]) {
  return clean_text(std::string_view(field, strnlen(field, Size)), kDetailBytesMax);
}

std::string text_of(const std::array<char, kErrorBytes>& error) {
  const std::string text =
      clean_text(std::string_view(error.data(), strnlen(error.data(), error.size())), kErrorBytes);
  return text.empty() ? "the plugin gave no reason" : text;
}

DeliveryReport report_of(const pw_result& result) {
  switch (result.outcome) {
    case PW_OUTCOME_ACCEPTED:
      return {Outcome::accepted, 0, text_of(result.provider_id)};
    case PW_OUTCOME_REJECTED:
      return {Outcome::rejected, 0, text_of(result.reason)};
    case PW_OUTCOME_RETRY:
      return {Outcome::retry, result.retry_after_ms, text_of(result.reason)};
    case PW_OUTCOME_HOLD:
      return {Outcome::hold, 0, text_of(result.reason)};
    case PW_OUTCOME_UNKNOWN:
      return {Outcome::unknown, 0, text_of(result.reason)};
    default:
      return {Outcome::unknown, 0, fmt::format("the plugin answered {}", result.outcome)};
  }
}

// Why a plugin is not to see the row; empty where it may.
std::string fault_of(const OutboxRow& row, std::uint32_t text_bytes_max) {
  // A plugin would see what stands before it, which may look good.
  const auto has_nul = [](const std::string& text) { return text.find('\0') != text.npos; };
  if (has_nul(row.recipient) || has_nul(row.account_name) || has_nul(row.subject) ||
      has_nul(row.body) || has_nul(row.html) || has_nul(row.facts)) {
    return "its address or text holds a NUL";
  }
  const std::size_t bytes = row.subject.size() + row.body.size();
  if (text_bytes_max == 0 || bytes <= text_bytes_max) return "";
  return fmt::format("{} bytes of text, the plugin takes {}", bytes, text_bytes_max);
}

void log_failure(const std::string& channel, const char* what,
                 const std::exception& error) noexcept {
  try {
    log_event(events::plugin_store_failed, "channel {}: {}: {}", channel, what, error.what());
  } catch (...) {  // nothing may cross the boundary
  }
}

}  // namespace

Plugin::Plugin(const pw_notifier* notifier, const std::string& channel, PluginStores stores,
               milliseconds set_up_limit)
    : notifier_(notifier),
      channel_(channel),
      stores_(stores),
      host_{sizeof(pw_host), PW_NOTIFIER_ABI_VERSION, this, log, store_messages, report},
      watchdog_(fmt::format("channel {}: plugin {}", channel, notifier->name)),
      set_up_limit_(set_up_limit) {}

template <typename Code>
auto Plugin::run(const char* function, milliseconds limit, Code&& code) {
  const Watchdog::Guard guard(watchdog_, function, limit);
  return run_plugin_code({channel_, notifier_->name}, function, code);
}

Plugin::~Plugin() {
  if (instance_ == nullptr) return;
  run("destroy", set_up_limit_, [&] { notifier_->destroy(instance_); });
}

tl::expected<std::unique_ptr<Plugin>, std::string> Plugin::create(const pw_notifier* notifier,
                                                                  const std::string& channel,
                                                                  const PluginSettings& settings,
                                                                  PluginStores stores,
                                                                  milliseconds set_up_limit) {
  std::unique_ptr<Plugin> plugin(new Plugin(notifier, channel, stores, set_up_limit));
  std::vector<pw_setting> values;
  for (const auto& [key, value] : settings) {
    values.push_back({sizeof(pw_setting), key.c_str(), value.c_str()});
  }
  std::vector<const pw_setting*> pointers;
  for (const pw_setting& value : values) pointers.push_back(&value);
  std::array<char, kErrorBytes> error{};
  pw_instance* instance = nullptr;
  const int status = plugin->run("create", set_up_limit, [&] {
    return notifier->create(pointers.data(), pointers.size(), &plugin->host_, &instance,
                            error.data(), error.size());
  });
  if (status != PW_OK) {
    return tl::make_unexpected(fmt::format("plugin {}: {}", notifier->name, text_of(error)));
  }
  if (instance == nullptr) {
    return tl::make_unexpected(fmt::format("plugin {}: made no instance", notifier->name));
  }
  plugin->instance_ = instance;
  return plugin;
}

tl::expected<void, std::string> Plugin::check() {
  std::array<char, kErrorBytes> error{};
  const int status = run("check", set_up_limit_,
                         [&] { return notifier_->check(instance_, error.data(), error.size()); });
  if (status == PW_OK) return {};
  return tl::make_unexpected(text_of(error));
}

std::vector<DeliveryReport> Plugin::deliver(std::span<const OutboxRow> rows, milliseconds limit) {
  std::vector<DeliveryReport> reports(rows.size());
  std::vector<const OutboxRow*> fitting;
  std::vector<DeliveryReport*> wanted;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (const std::string fault = fault_of(rows[i], notifier_->text_bytes_max); !fault.empty()) {
      reports[i] = {Outcome::rejected, 0, fault};
      continue;
    }
    fitting.push_back(&rows[i]);
    wanted.push_back(&reports[i]);
  }
  if (!fitting.empty()) call_deliver(fitting, wanted, limit);
  return reports;
}

void Plugin::call_deliver(std::span<const OutboxRow* const> rows,
                          std::span<DeliveryReport* const> reports, milliseconds limit) {
  std::vector<pw_message> messages;
  messages.reserve(rows.size());
  for (const OutboxRow* row : rows) {
    messages.push_back({sizeof(pw_message), row->attempts, row->idempotency_key.c_str(),
                        row->account_name.c_str(), row->recipient.c_str(), row->language.c_str(),
                        row->kind.c_str(), row->subject.c_str(), row->body.c_str(),
                        row->html.c_str(), row->facts.c_str(), row->occurred_at.c_str()});
  }
  std::vector<pw_result> results(rows.size());  // all zero: unknown
  std::vector<const pw_message*> message_pointers;
  std::vector<pw_result*> result_pointers;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    results[i].struct_size = sizeof(pw_result);
    message_pointers.push_back(&messages[i]);
    result_pointers.push_back(&results[i]);
  }
  delivering_ = true;
  const int status = run("deliver", limit + kGrace, [&] {
    return notifier_->deliver(instance_, message_pointers.data(), rows.size(),
                              result_pointers.data(), static_cast<std::uint32_t>(limit.count()));
  });
  delivering_ = false;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (status == PW_OK) {
      *reports[i] = report_of(results[i]);
    } else if (status == PW_ERROR) {
      *reports[i] = {Outcome::retry, 0, text_of(results[0].reason)};
    } else {
      *reports[i] = {Outcome::unknown, 0, fmt::format("deliver returned {}", status)};
    }
  }
}

void Plugin::log(void* context, int level, const char* text) {
  constexpr std::size_t kLineBytesMax = 2'000;
  constexpr const Event* says[] = {&events::plugin_says_debug, &events::plugin_says_info,
                                   &events::plugin_says_warning, &events::plugin_says_error};
  if (text == nullptr) return;
  try {
    const std::size_t index =
        level < 0 ? 0 : std::min<std::size_t>(static_cast<std::size_t>(level), 3);
    const std::string& channel = static_cast<Plugin*>(context)->channel_;
    log_event(*says[index], "channel {}: {}", channel,
              clean_text(std::string_view(text, strnlen(text, kLineBytesMax)), kLineBytesMax));
  } catch (...) {  // nothing may cross the boundary
  }
}

int Plugin::store_messages(void* context, const pw_message* const* messages, std::size_t count) {
  auto* plugin = static_cast<Plugin*>(context);
  try {
    if (!plugin->delivering_ || messages == nullptr || count > plugin->batch_max()) {
      log_event(events::plugin_misuse, "channel {}: store_messages was called wrongly",
                plugin->channel_);
      return PW_STORE_ERROR;
    }
    std::vector<InboxMessage> stored;
    for (std::size_t i = 0; i < count; ++i) {
      const pw_message& message = *messages[i];
      stored.push_back({message.idempotency_key, message.account, message.language, message.kind,
                        message.subject, message.body});
    }
    const Watchdog::Pause pause(plugin->watchdog_);
    plugin->stores_.outbox->store_inbox_messages(stored);
    return PW_STORE_OK;
  } catch (const std::exception& error) {
    log_failure(plugin->channel_, "messages were not stored", error);
  } catch (...) {
  }
  return PW_STORE_ERROR;
}

int Plugin::report(void* context, const char* idempotency_key, int report, const char* detail) {
  auto* plugin = static_cast<Plugin*>(context);
  try {
    if (idempotency_key == nullptr || detail == nullptr || report < PW_REPORT_PENDING ||
        report > PW_REPORT_FAILED) {
      log_event(events::plugin_misuse, "channel {}: report was called wrongly", plugin->channel_);
      return PW_STORE_ERROR;
    }
    plugin->stores_.reports->record(
        idempotency_key, static_cast<ReportedState>(report),
        clean_text(std::string_view(detail, strnlen(detail, kErrorBytes)), kDetailBytesMax));
    return PW_STORE_OK;
  } catch (const std::exception& error) {
    log_failure(plugin->channel_, "a delivery report was not stored", error);
  } catch (...) {
  }
  return PW_STORE_ERROR;
}

}  // namespace packwarden
