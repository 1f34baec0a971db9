#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>

#include "app/daemon_status.h"
#include "app/loop_watch.h"

namespace packwarden {

// Lets a loop sleep until there may be work: a hint, the time of its next turn, or the stop.
class Wakeup {
 public:
  void hint();
  void sleep(const std::stop_token& stop, std::chrono::milliseconds at_most);

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool hinted_ = false;
};

// What a loop of the daemon is given by the process.
struct LoopHost {
  LoopWatch::Loop& loop;
  Wakeup& wakeup;
  DaemonStatus& status;

  // Rests until the wakeup, the stop, or for `at_most`.
  void sleep(const std::stop_token& stop, std::chrono::milliseconds at_most) const;
};

// Thrown out of a load that a stop has overtaken.
struct StoppedLoading {};
inline void stop_loading(const std::stop_token& stop) {
  if (stop.stop_requested()) throw StoppedLoading();
}

}  // namespace packwarden
