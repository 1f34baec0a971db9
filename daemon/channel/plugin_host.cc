#include "channel/plugin_host.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

namespace packwarden {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kGrace{2'000};  // for a plugin that comes back a little late by itself
constexpr milliseconds kSetUpLimit{30'000};
constexpr std::size_t kDetailBytesMax =
    200;  // leaves room in the outcome column for the host's own words
constexpr std::size_t kErrorBytes = 512;

using Entry = decltype(&pw_notifier_entry);
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

std::string incomplete_part(const pw_notifier& notifier) {
  if (notifier.name == nullptr || *notifier.name == '\0') return "name";
  if (notifier.version == nullptr) return "version";
  if (notifier.batch_max == 0) return "batch_max";
  if (notifier.create == nullptr) return "create";
  if (notifier.deliver == nullptr) return "deliver";
  if (notifier.check == nullptr) return "check";
  if (notifier.destroy == nullptr) return "destroy";
  return "";
}

DeliveryReport report_of(const pw_result& result) {
  switch (result.outcome) {
    case PW_OUTCOME_ACCEPTED:
      return {Outcome::accepted, 0, text_of(result.provider_id)};
    case PW_OUTCOME_REJECTED:
      return {Outcome::rejected, 0, text_of(result.reason)};
    case PW_OUTCOME_RETRY:
      return {Outcome::retry, result.retry_after_ms, text_of(result.reason)};
    case PW_OUTCOME_UNKNOWN:
      return {Outcome::unknown, 0, text_of(result.reason)};
    default:
      return {Outcome::unknown, 0, fmt::format("the plugin answered {}", result.outcome)};
  }
}

// Length of the UTF-8 sequence at the start of `text`, or 0.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const bool overlong = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xF0 && byte(1) < 0x90);
  const bool surrogate = lead == 0xED && byte(1) > 0x9F;
  const bool beyond = lead == 0xF4 && byte(1) > 0x8F;
  return overlong || surrogate || beyond ? 0 : length;
}

}  // namespace

std::string clean_text(std::string_view text, std::size_t bytes_max) {
  std::string clean;
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (clean.size() + std::max<std::size_t>(length, 1) > bytes_max) break;
    if (length == 0) {
      clean.push_back('?');
    } else if (length == 1 && (text[0] < 0x20 || text[0] == 0x7F)) {
      clean.push_back(' ');
    } else {
      clean.append(text.substr(0, length));
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return clean;
}

tl::expected<const pw_notifier*, std::string> load_notifier(const std::string& path) {
  const auto refuse = [&path](const std::string& why) {
    return tl::make_unexpected(fmt::format("plugin {}: {}", path, why));
  };
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return refuse(fmt::format("cannot be loaded: {}", dlerror()));
  void* symbol = dlsym(library, "pw_notifier_entry");
  if (symbol == nullptr) return refuse("exports no pw_notifier_entry, so it is not a notifier");
  Entry entry = nullptr;
  std::memcpy(&entry, &symbol, sizeof entry);
  const pw_notifier* notifier = entry(PW_NOTIFIER_ABI_VERSION);
  if (notifier == nullptr) {
    return refuse(
        fmt::format("does not serve version {} of the interface", PW_NOTIFIER_ABI_VERSION));
  }
  if (notifier->struct_size < offsetof(pw_notifier, abi_version) + sizeof notifier->abi_version) {
    return refuse(fmt::format("its description has {} bytes, too few to tell its version",
                              notifier->struct_size));
  }
  if (notifier->abi_version != PW_NOTIFIER_ABI_VERSION) {
    return refuse(fmt::format("was built for version {} of the interface, this host has version {}",
                              notifier->abi_version, PW_NOTIFIER_ABI_VERSION));
  }
  if (notifier->struct_size < sizeof(pw_notifier)) {
    return refuse(fmt::format("its description has {} bytes, {} are needed", notifier->struct_size,
                              sizeof(pw_notifier)));
  }
  if (const std::string part = incomplete_part(*notifier); !part.empty()) {
    return refuse(fmt::format("its description has no {}", part));
  }
  return notifier;
}

Plugin::Plugin(const pw_notifier* notifier, const std::string& channel, OutboxStore& store)
    : notifier_(notifier),
      channel_(channel),
      store_(&store),
      host_{sizeof(pw_host), PW_NOTIFIER_ABI_VERSION, this, log, store_message},
      watchdog_(channel) {}

Plugin::~Plugin() {
  const Watchdog::Guard guard(watchdog_, "destroy", kSetUpLimit);
  if (instance_ != nullptr) notifier_->destroy(instance_);
}

tl::expected<std::unique_ptr<Plugin>, std::string> Plugin::create(const pw_notifier* notifier,
                                                                  const std::string& channel,
                                                                  const PluginSettings& settings,
                                                                  OutboxStore& store) {
  std::unique_ptr<Plugin> plugin(new Plugin(notifier, channel, store));
  std::vector<pw_setting> values;
  for (const auto& [key, value] : settings) {
    values.push_back({sizeof(pw_setting), key.c_str(), value.c_str()});
  }
  std::vector<const pw_setting*> pointers;
  for (const pw_setting& value : values) pointers.push_back(&value);
  std::array<char, kErrorBytes> error{};
  const Watchdog::Guard guard(plugin->watchdog_, "create", kSetUpLimit);
  const int status = notifier->create(pointers.data(), pointers.size(), &plugin->host_,
                                      &plugin->instance_, error.data(), error.size());
  if (status != PW_OK) {
    plugin->instance_ = nullptr;
    return tl::make_unexpected(fmt::format("plugin {}: {}", notifier->name, text_of(error)));
  }
  if (plugin->instance_ == nullptr) {
    return tl::make_unexpected(fmt::format("plugin {}: made no instance", notifier->name));
  }
  return plugin;
}

tl::expected<void, std::string> Plugin::check() {
  std::array<char, kErrorBytes> error{};
  const Watchdog::Guard guard(watchdog_, "check", kSetUpLimit);
  if (notifier_->check(instance_, error.data(), error.size()) == PW_OK) return {};
  return tl::make_unexpected(text_of(error));
}

std::vector<DeliveryReport> Plugin::deliver(std::span<const OutboxRow> rows, milliseconds limit) {
  std::vector<DeliveryReport> reports(rows.size());
  std::vector<const OutboxRow*> fitting;
  std::vector<DeliveryReport*> wanted;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::size_t bytes = rows[i].subject.size() + rows[i].body.size();
    if (notifier_->text_bytes_max != 0 && bytes > notifier_->text_bytes_max) {
      reports[i] = {
          Outcome::rejected, 0,
          fmt::format("{} bytes of text, the plugin takes {}", bytes, notifier_->text_bytes_max)};
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
                        row->subject.c_str(), row->body.c_str()});
  }
  std::vector<pw_result> results(rows.size());  // all zero: unknown
  std::vector<const pw_message*> message_pointers;
  std::vector<pw_result*> result_pointers;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    results[i].struct_size = sizeof(pw_result);
    message_pointers.push_back(&messages[i]);
    result_pointers.push_back(&results[i]);
  }
  int status = PW_OK;
  {
    const Watchdog::Guard guard(watchdog_, "deliver", limit + kGrace);
    delivering_ = true;
    store_failed_ = false;
    status = notifier_->deliver(instance_, message_pointers.data(), rows.size(),
                                result_pointers.data(), static_cast<std::uint32_t>(limit.count()));
    delivering_ = false;
  }
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
  constexpr spdlog::level::level_enum levels[] = {spdlog::level::debug, spdlog::level::info,
                                                  spdlog::level::warn, spdlog::level::err};
  if (text == nullptr) return;
  try {
    const std::size_t index =
        level < 0 ? 0 : std::min<std::size_t>(static_cast<std::size_t>(level), 3);
    spdlog::log(levels[index], "channel {}: {}", static_cast<Plugin*>(context)->channel_,
                clean_text(std::string_view(text, strnlen(text, kLineBytesMax)), kLineBytesMax));
  } catch (...) {  // nothing may cross the boundary
  }
}

int Plugin::store_message(void* context, const char* idempotency_key, const char* account,
                          const char* language, const char* subject, const char* body) {
  auto* plugin = static_cast<Plugin*>(context);
  try {
    if (!plugin->delivering_ || idempotency_key == nullptr || account == nullptr ||
        language == nullptr || subject == nullptr || body == nullptr) {
      spdlog::error("channel {}: store_message was called wrongly", plugin->channel_);
      return PW_STORE_ERROR;
    }
    if (plugin->store_failed_) return PW_STORE_ERROR;
    const Watchdog::Pause pause(plugin->watchdog_);
    const InboxMessage message{idempotency_key, account, language, subject, body};
    const InboxStored stored = plugin->store_->store_inbox_message(message);
    return stored == InboxStored::stored ? PW_STORE_OK : PW_STORE_DUPLICATE;
  } catch (const std::exception& error) {
    plugin->store_failed_ = true;
    try {
      spdlog::error("channel {}: a message was not stored: {}", plugin->channel_, error.what());
    } catch (...) {  // nothing may cross the boundary
    }
  } catch (...) {
  }
  return PW_STORE_ERROR;
}

}  // namespace packwarden
