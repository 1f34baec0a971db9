#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <tl/expected.hpp>
#include <vector>

#include "app/daemon_status.h"
#include "app/service_manager.h"
#include "app/settings_feed.h"

namespace packwarden {

// What cannot be taken over of `wanted` without a restart; none: it can be.
using RestartNeeded =
    std::function<std::vector<std::string>(const Settings& in_effect, const Settings& wanted)>;

// The settings of the file, if they are without a mistake and can take the place of `in_effect`.
// Else all that is wrong with them was logged, and the error says it in one sentence.
tl::expected<Settings, std::string> load_anew(const std::string& path, const Settings& in_effect,
                                              const RestartNeeded& restart_needed);

// Reads the settings of the daemon anew when asked to, on a thread of its own: all of them come
// into effect, or none. docs/ARCHITECTURE.md, "Life of a process".
class Reloader {
 public:
  // `feed`, `manager` and `status` must outlive this. `take_meaning`: see IngestComposition.
  Reloader(std::string path, std::shared_ptr<const Settings> in_effect, SettingsFeed& feed,
           ServiceManager& manager, DaemonStatus& status,
           std::function<void(const Settings&)> take_meaning);
  ~Reloader();  // waits until a reload that was begun has ended

  // Any thread; returns at once. Asked while one is under way, another one follows.
  void reload();

 private:
  void run(const std::stop_token& stop);
  tl::expected<std::shared_ptr<const Settings>, std::string> prepare() const;
  void reload_now(const std::stop_token& stop);

  std::string path_;
  std::shared_ptr<const Settings> in_effect_;
  SettingsFeed* feed_;
  ServiceManager* manager_;
  DaemonStatus* status_;
  std::function<void(const Settings&)> take_meaning_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool asked_ = false;
  std::jthread thread_;
};

}  // namespace packwarden
