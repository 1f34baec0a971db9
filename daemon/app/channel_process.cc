#include <fmt/format.h>
#include <sys/resource.h>

#include <atomic>
#include <cstring>

#include "app/clocks.h"
#include "app/composition.h"
#include "app/daemon.h"
#include "app/log_settings.h"
#include "app/process.h"
#include "app/reloader.h"
#include "app/restart_needed.h"
#include "app/service_manager.h"
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

// A channel: its plugin, and the relay that feeds it, until a stop is asked for.
class ChannelProcess {
 public:
  ChannelProcess(const std::string& channel, Settings settings, std::string config_path)
      : channel_(channel),
        settings_(std::move(settings)),
        config_path_(std::move(config_path)),
        memory_limit_(channel, own(settings_).memory_max_bytes),
        store_(channel_database_address(settings_)),
        reports_(channel_database_address(settings_)),
        board_(channel_database_address(settings_), channel) {}

  // The exit status.
  int run(MainThread& main);

 private:
  const ChannelSettings& own(const Settings& settings) const {
    return *find_channel(settings, channel_);
  }
  tl::expected<std::unique_ptr<Plugin>, std::string> make_plugin(const Settings& settings);
  int deliver(const std::stop_token& stop);
  void relay(const std::stop_token& stop);
  std::optional<int> reload();
  tl::expected<void, std::string> take_over(Settings wanted);

  std::string channel_;
  Settings settings_;
  std::string config_path_;
  MemoryLimit memory_limit_;
  MysqlOutboxStore store_;
  MysqlDeliveryReports reports_;
  MysqlChannelBoard board_;
  ServiceManager manager_;
  std::unique_ptr<Plugin> plugin_;
  std::atomic<bool> reload_asked_ = false;
};

int ChannelProcess::run(MainThread& main) {
  if (board_.start(own(settings_).plugin)) {
    log_event(events::channel_lost, "channel {}: the process before this one ended without a word",
              channel_);
  }
  MainThread::Hooks hooks;
  hooks.on_stop = [this] {
    manager_.stopping();
    manager_.status("stopping: the send that has begun may end");
  };
  hooks.on_reload = [this] { reload_asked_ = true; };
  int status = 0;
  main.run([&](const std::stop_token& stop) { status = deliver(stop); }, std::move(hooks));
  return status;
}

tl::expected<std::unique_ptr<Plugin>, std::string> ChannelProcess::make_plugin(
    const Settings& settings) {
  const ChannelSettings& channel = own(settings);
  const auto notifier =
      load_notifier(settings.plugin_directory + "/" + channel.plugin, channel.name);
  if (!notifier) return tl::unexpected(notifier.error());
  return Plugin::create(*notifier, channel.name, channel.settings, {&store_, &reports_});
}

int ChannelProcess::deliver(const std::stop_token& stop) {
  auto made = make_plugin(settings_);
  if (!made) {
    log_event(events::channel_broken, "channel {}: {}", channel_, made.error());
    board_.set_state(ChannelState::broken, made.error().substr(0, 255));  // operators look there
    return status_failed;
  }
  plugin_ = std::move(*made);
  log_event(events::channel_delivers, "channel {} delivers through {}", channel_, plugin_->name());
  board_.set_state(ChannelState::delivering, "");
  manager_.status("delivers through " + plugin_->name());
  manager_.ready();
  while (true) {
    relay(stop);
    if (stop.stop_requested()) break;
    if (!reload_asked_.exchange(false)) continue;
    if (const auto status = reload()) return *status;
  }
  board_.set_state(ChannelState::stopped, "");
  return 0;
}

// Until the stop, or until a reload was asked for and nothing is claimed or to be stored.
void ChannelProcess::relay(const std::stop_token& stop) {
  // A send may take longer than the unit's WatchdogSec: its outcome would be lost.
  manager_.may_be_silent(std::chrono::seconds(own(settings_).silent_max_s));
  std::stop_source turn;
  const std::stop_callback pass_on(stop, [&] { turn.request_stop(); });
  Relay relay(store_, board_, *plugin_, policy_of(own(settings_), settings_));
  relay.run(turn.get_token(), [&] {
    manager_.alive();
    if (reload_asked_ && relay.is_between_batches()) turn.request_stop();
  });
}

// A status where the process is to end.
std::optional<int> ChannelProcess::reload() {
  manager_.reloading();
  auto wanted = load_anew(config_path_, settings_, [&](const Settings& was, const Settings& will) {
    // Of a channel that is gone nothing else matters.
    if (find_channel(will, channel_) == nullptr) return std::vector<std::string>();
    return channel_restart_needed(was, will, channel_);
  });
  if (wanted && find_channel(*wanted, channel_) == nullptr) {
    log_event(events::channel_removed, {.channel = channel_},
              "channel {} is no longer in the settings; its process ends, notices that wait for it "
              "stay in the outbox",
              channel_);
    board_.set_state(ChannelState::stopped, "it is no longer in the settings");
    manager_.stopping();
    return status_no_such_channel;
  }
  const auto taken = wanted ? take_over(std::move(*wanted)) : tl::unexpected(wanted.error());
  if (plugin_ == nullptr) return status_failed;
  if (taken) {
    log_event(events::reloaded, {.channel = channel_},
              "channel {}: the settings of {} are in effect", channel_, config_path_);
    manager_.status("delivers through " + plugin_->name());
  } else {
    log_event(events::reload_refused, {.channel = channel_},
              "channel {}: the settings of {} are refused, those before stay in effect: {}",
              channel_, config_path_, taken.error());
    manager_.status(
        fmt::format("delivers through {}; reload refused: {}", plugin_->name(), taken.error()));
  }
  manager_.reloaded();
  return std::nullopt;
}

// The new plugin is made first. One that needs what the old one has, such as a port, is made once
// more after it; should that be refused too, the old one is made again.
tl::expected<void, std::string> ChannelProcess::take_over(Settings wanted) {
  auto made = make_plugin(wanted);
  if (!made) {
    plugin_.reset();
    manager_.alive();
    made = make_plugin(wanted);
  }
  if (!made) {
    manager_.alive();
    auto again = make_plugin(settings_);
    if (again) {
      plugin_ = std::move(*again);
    } else {
      log_event(events::channel_broken, {.channel = channel_},
                "channel {}: not even the plugin of the settings before can be made again: {}",
                channel_, again.error());
      board_.set_state(ChannelState::broken, again.error().substr(0, 255));
    }
    return tl::unexpected(made.error());
  }
  plugin_ = std::move(*made);
  settings_ = std::move(wanted);
  set_log_level(log_level_of(settings_));
  return {};
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

int run_channel(const Settings& settings, const std::string& config_path,
                const std::string& channel, MainThread& main) {
  if (find_channel(settings, channel) == nullptr) {
    log_event(events::channel_unknown, "no channel '{}' in section channels", channel);
    return status_no_such_channel;
  }
  int status = 0;
  const int failure =
      guarded([&] { status = ChannelProcess(channel, settings, config_path).run(main); }, &main);
  return failure != 0 ? failure : status;
}

}  // namespace packwarden
