#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>

namespace packwarden {

// Lets a loop sleep until there may be work: a hint, the time of its next turn, or the stop.
// Thread-safe.
class Wakeup {
 public:
  void hint();
  void sleep(const std::stop_token& stop, std::chrono::milliseconds at_most);

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool hinted_ = false;
};

}  // namespace packwarden
