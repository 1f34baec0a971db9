#include "app/channel_settings.h"

#include <fmt/format.h>

#include <algorithm>

#include "channel/retry_policy.h"
#include "domain/quiet_hours.h"

namespace packwarden {
namespace {

constexpr std::size_t max_name_bytes = 4'096;
constexpr std::size_t max_value_bytes = 4'096;
constexpr std::size_t max_plugin_settings = 100;
constexpr std::int64_t max_poll_ms = 60'000;
constexpr std::int64_t max_pause_ms = 86'400'000;
constexpr std::int64_t seconds_per_day = 86'400;
const std::vector<std::string> media = {"sms", "email", "inbox", "webhook"};

// [a-z][a-z0-9-]{0,31}
bool is_channel_name(std::string_view name) {
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  return !name.empty() && name.size() <= 32 && is_letter(name[0]) &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-'; });
}

void read_names(MapReader& map, const std::vector<ChannelSettings>& channels,
                ChannelSettings& out) {
  map.required_text("name", out.name, max_name_bytes, "the channel's name, such as inbox");
  if (!out.name.empty() && !is_channel_name(out.name)) {
    map.error_at_value("name",
                       "give 1 to 32 of a-z, 0-9 and -, beginning with a letter, such as inbox");
  }
  for (const ChannelSettings& other : channels) {
    if (other.name != out.name || out.name.empty()) continue;
    map.error_at_value("name", fmt::format("\"{}\" is taken: give each channel its own", out.name));
  }
  if (std::find(media.begin(), media.end(), out.name) != media.end()) {
    out.medium = out.name;
  } else if (is_channel_name(out.name)) {
    map.require("medium", "what it delivers to: sms, email, inbox or webhook");
  }
  map.one_of("medium", out.medium, media);
  map.required_text("plugin", out.plugin, 255, "the plugin's file name, such as inbox.so");
  if (out.plugin.find('/') != std::string::npos || out.plugin == "." || out.plugin == "..") {
    map.error_at_value("plugin", "give the name of a file in plugin_directory, without /");
  }
}

void read_attempts(MapReader& map, ChannelSettings& out) {
  map.whole_number("batch_max", out.batch_max, {1, 10'000});
  map.whole_number("poll_interval_ms", out.poll_interval_ms, {10, max_poll_ms});
  map.whole_number("send_timeout_ms", out.send_timeout_ms, {1, 600'000});
  map.whole_number("lease_s", out.lease_s, {1, seconds_per_day});
  map.whole_number("retry_min_ms", out.retry_min_ms, {1, max_pause_ms});
  map.whole_number("retry_max_ms", out.retry_max_ms, {1, max_pause_ms});
  map.whole_number("attempts_max", out.attempts_max, {1, 100'000});
  map.whole_number("useful_for_s", out.useful_for_s, {1, 365 * seconds_per_day});
  if (out.medium == "inbox") out.on_unknown = "retry";  // stored once by its key
  map.one_of("on_unknown", out.on_unknown, {"hold", "retry"});
  map.whole_number("unknown_attempts_max", out.unknown_attempts_max, {1, 100'000});
  if (out.retry_max_ms < out.retry_min_ms) {
    map.error_at_value("retry_max_ms",
                       fmt::format("is below retry_min_ms: give at least {}", out.retry_min_ms));
  }
  const std::uint64_t lease_min_ms = std::uint64_t{out.send_timeout_ms} + kLeaseReserveMs;
  if (std::uint64_t{out.lease_s} * 1'000 < lease_min_ms) {
    map.error_at_value("lease_s",
                       fmt::format("does not outlast send_timeout_ms by {} s, in which "
                                   "outcomes are stored: give at least {}",
                                   kLeaseReserveMs / 1'000, (lease_min_ms + 999) / 1'000));
  }
}

void read_limits(MapReader& map, ChannelSettings& out) {
  map.whole_number("rate_max_per_s", out.rate_max_per_s, {0, 1'000'000});
  map.whole_number("recipient_max_per_hour", out.recipient_max_per_hour, {0, 1'000'000});
  map.text("quiet_hours", out.quiet_hours, 64);
  if (!out.quiet_hours.empty() && !QuietHours::parse(out.quiet_hours)) {
    map.error_at_value("quiet_hours", "give two times of day such as \"22:00-08:00\"");
  }
  map.whole_number("silent_max_s", out.silent_max_s, {1, seconds_per_day});
  const std::uint64_t busy_ms = std::uint64_t{out.send_timeout_ms} + out.poll_interval_ms;
  if (std::uint64_t{out.silent_max_s} * 1'000 < busy_ms + kLeaseReserveMs) {
    map.error_at_value("silent_max_s", fmt::format("a send may take longer: give at least {}",
                                                   (busy_ms + kLeaseReserveMs + 999) / 1'000));
  }
  map.whole_number("memory_max_bytes", out.memory_max_bytes, {16 << 20, std::int64_t{1} << 40});
}

}  // namespace

void read_channel_settings(MapReader map, const std::filesystem::path& folder,
                           std::vector<ChannelSettings>& channels) {
  ChannelSettings out;
  read_names(map, channels, out);
  read_attempts(map, out);
  read_limits(map, out);
  map.texts("settings", max_plugin_settings, max_value_bytes,
            [&](const std::string& key, const std::string& value) {
              const bool is_path = key.ends_with("_file") && !value.empty();
              out.settings.emplace_back(
                  key, is_path ? (folder / value).lexically_normal().string() : value);
            });
  map.finish();
  channels.push_back(std::move(out));
}

}  // namespace packwarden
