#include "app/reloader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <sstream>
#include <utility>

#include "app/clocks.h"
#include "app/composition.h"
#include "app/log_settings.h"
#include "app/restart_needed.h"
#include "logging/log.h"
#include "store/deployment.h"

namespace packwarden {
namespace {

// Longer than any turn of a loop but a job's: that one takes them over when its step has ended.
constexpr std::chrono::seconds taken_over_within{30};

std::string refused(const std::vector<std::string>& faults) {
  for (const std::string& fault : faults) {
    log_event(events::reload_fault, "the new settings are not taken over: {}", fault);
  }
  return fmt::format(
      "{}{}", faults.front(),
      faults.size() > 1 ? fmt::format(" (and {} more, see the log)", faults.size() - 1) : "");
}

}  // namespace

tl::expected<Settings, std::string> load_anew(const std::string& path, const Settings& in_effect,
                                              const RestartNeeded& needed) {
  auto settings = load_settings(path);
  std::vector<std::string> faults;
  if (!settings) {
    for (const SettingsError& error : settings.error()) faults.push_back(to_string(error));
  } else {
    faults = needed(in_effect, *settings);
  }
  if (!faults.empty()) return tl::unexpected(refused(faults));
  return std::move(*settings);
}

Reloader::Reloader(std::string path, std::shared_ptr<const Settings> in_effect, SettingsFeed& feed,
                   ServiceManager& manager, DaemonStatus& status,
                   std::function<void(const Settings&)> take_meaning)
    : path_(std::move(path)),
      in_effect_(std::move(in_effect)),
      feed_(&feed),
      manager_(&manager),
      status_(&status),
      take_meaning_(std::move(take_meaning)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Reloader::~Reloader() = default;

void Reloader::reload() {
  const std::lock_guard lock(mutex_);
  asked_ = true;
  changed_.notify_all();
}

void Reloader::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [this] { return asked_; }) && !stop.stop_requested()) {
    asked_ = false;
    lock.unlock();
    reload_now(stop);
    lock.lock();
  }
}

// All that can fail comes before anything has changed.
tl::expected<std::shared_ptr<const Settings>, std::string> Reloader::prepare() const {
  auto settings = load_anew(path_, *in_effect_, restart_needed);
  if (!settings) return tl::unexpected(settings.error());
  try {
    Session session(database_address(*settings));
    session.connect();
    intern_catalogue(session, settings->catalogue);
    take_meaning_(*settings);
  } catch (const MeaningRefused& error) {
    std::vector<std::string> faults;
    std::istringstream lines(error.what());
    for (std::string line; std::getline(lines, line);) faults.push_back(std::move(line));
    return tl::unexpected(refused(faults));
  } catch (const DatabaseError& error) {
    return tl::unexpected(refused(
        {fmt::format("the database does not take the catalogue: {}; reload again when it answers",
                     error.what())}));
  } catch (const LedgerUnavailable& error) {
    return tl::unexpected(refused({fmt::format(
        "the settings cannot be compared with the ledger: {}; reload again when it answers",
        error.what())}));
  }
  return std::make_shared<const Settings>(std::move(*settings));
}

void Reloader::reload_now(const std::stop_token& stop) {
  manager_->reloading();
  status_->reload("reloading");
  manager_->status(status_->line());
  const std::string at = to_rfc3339(now()).substr(11, 8) + " UTC";
  if (auto settings = prepare()) {
    in_effect_ = std::move(*settings);
    set_log_level(log_level_of(*in_effect_));
    feed_->publish(in_effect_);
    const std::vector<std::string> late = feed_->wait(taken_over_within, stop);
    if (late.empty()) {
      log_event(events::reloaded, "the settings of {} are in effect", path_);
      status_->reload("reloaded at " + at);
    } else {
      log_event(events::reloaded, "the settings of {} are in effect, for {} once its step ends",
                path_, fmt::join(late, " and "));
      status_->reload(fmt::format("reloaded at {}, {} takes it over once its step ends", at,
                                  fmt::join(late, " and ")));
    }
  } else {
    log_event(events::reload_refused,
              "the settings of {} are refused, those before stay in effect: {}", path_,
              settings.error());
    status_->reload(fmt::format("reload refused at {}: {}", at, settings.error()));
  }
  manager_->status(status_->line());
  manager_->reloaded();
}

}  // namespace packwarden
