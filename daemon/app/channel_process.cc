#include <fmt/format.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>

#include <cstring>

#include "app/clocks.h"
#include "app/composition.h"
#include "app/daemon.h"
#include "app/process.h"
#include "channel/memory_limit.h"
#include "channel/relay.h"
#include "domain/quiet_hours.h"
#include "logging/log.h"
#include "store/channel_board.h"
#include "store/delivery_reports.h"
#include "store/outbox_store.h"

namespace packwarden {
namespace {

ChannelPolicy policy_of(const ChannelSettings& channel, const Settings& settings) {
  ChannelPolicy policy;
  policy.channel = channel.name;
  policy.batch_max = channel.batch_max;
  policy.poll_interval_ms = channel.poll_interval_ms;
  policy.send_timeout_ms = channel.send_timeout_ms;
  policy.lease_ms = channel.lease_s * 1'000;
  policy.retry_min_ms = channel.retry_min_ms;
  policy.retry_max_ms = channel.retry_max_ms;
  policy.attempts_max = channel.attempts_max;
  policy.rate_max_per_s = channel.rate_max_per_s;
  policy.recipient_max_per_hour = channel.recipient_max_per_hour;
  policy.on_unknown = channel.on_unknown == "retry" ? UnknownOutcome::retry : UnknownOutcome::hold;
  policy.unknown_attempts_max = channel.unknown_attempts_max;
  if (const auto hours = QuietHours::parse(channel.quiet_hours)) {
    const BusinessCalendar calendar =
        BusinessCalendar::for_zone(settings.business_time_zone).value();
    policy.quiet_for_ms = [hours = *hours, calendar]() -> std::uint64_t {
      const Instant at = now();
      const auto end = hours.end_at(at, calendar);
      return end ? static_cast<std::uint64_t>((end->nanos - at.nanos) / 1'000'000 + 1) : 0;
    };
  }
  return policy;
}

// Loads and makes the plugin; what refuses it stands on the board.
std::unique_ptr<Plugin> make_plugin(const ChannelSettings& channel, const std::string& path,
                                    PluginStores stores, ChannelBoard& board) {
  const auto refused = [&](const std::string& why) {
    log_event(events::channel_broken, "channel {}: {}", channel.name, why);
    board.set_state(ChannelState::broken, why.substr(0, 255));
    return nullptr;
  };
  const auto notifier = load_notifier(path, channel.name);
  if (!notifier) return refused(notifier.error());
  auto plugin = Plugin::create(*notifier, channel.name, channel.settings, stores);
  if (!plugin) return refused(plugin.error());
  return std::move(*plugin);
}

int deliver(const ChannelSettings& channel, const Settings& settings) {
  const MemoryLimit memory_limit(channel.name, channel.memory_max_bytes);
  MysqlOutboxStore store(channel_database_address(settings));
  MysqlDeliveryReports reports(channel_database_address(settings));
  MysqlChannelBoard board(channel_database_address(settings), channel.name);
  if (board.start(channel.plugin)) {
    log_event(events::channel_lost, "channel {}: the process before this one ended without a word",
              channel.name);
  }
  const auto plugin = make_plugin(channel, settings.plugin_directory + "/" + channel.plugin,
                                  {&store, &reports}, board);
  if (!plugin) return status_failed;
  log_event(events::channel_delivers, "channel {} delivers through {}", channel.name,
            plugin->name());
  board.set_state(ChannelState::delivering, "");
  Relay relay(store, board, *plugin, policy_of(channel, settings));
  run_until_signalled(
      [&](std::stop_token stop) { relay.run(stop, [] { sd_notify(0, "WATCHDOG=1"); }); });
  board.set_state(ChannelState::stopped, "");
  return 0;
}

}  // namespace

void lower_channel_priority() {
  // The unit asks for the same.
  constexpr int channel_priority = 19;
  if (getpriority(PRIO_PROCESS, 0) >= channel_priority) return;
  if (setpriority(PRIO_PROCESS, 0, channel_priority) != 0) {
    log_event(events::priority_not_lowered, "the channel keeps the priority of the daemon: {}",
              std::strerror(errno));
  }
}

int run_channel(const Settings& settings, const std::string& channel) {
  const auto found = std::find_if(settings.channels.begin(), settings.channels.end(),
                                  [&](const ChannelSettings& one) { return one.name == channel; });
  if (found == settings.channels.end()) {
    log_event(events::channel_unknown, "no channel '{}' in section channels", channel);
    return status_failed;
  }
  int status = 0;
  const int failure = guarded([&] { status = deliver(*found, settings); });
  return failure != 0 ? failure : status;
}

}  // namespace packwarden
