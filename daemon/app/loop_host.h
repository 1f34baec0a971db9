#pragma once

#include <chrono>
#include <stop_token>

#include "app/daemon_status.h"
#include "app/loop_watch.h"
#include "app/settings_feed.h"
#include "app/telemetry.h"
#include "app/wakeup.h"

namespace packwarden {

// What a loop of the daemon is given by the process.
struct LoopHost {
  LoopWatch::Loop& loop;
  Wakeup& wakeup;
  DaemonStatus& status;
  SettingsFeed::Reader& settings;
  Telemetry& telemetry;

  // Rests until the wakeup, the stop, or for `at_most`.
  void sleep(const std::stop_token& stop, std::chrono::milliseconds at_most) const;
};

// Thrown out of a load that a stop has overtaken.
struct StoppedLoading {};
inline void stop_loading(const std::stop_token& stop) {
  if (stop.stop_requested()) throw StoppedLoading();
}

}  // namespace packwarden
