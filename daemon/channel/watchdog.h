#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace packwarden {

// Ends the process when something takes longer than it may: a plugin that hangs cannot be stopped
// in any other way (law 7), and what it was sending is unknown from then on. The supervisor starts
// the channel again.
class Watchdog {
 public:
  // The exit status of a process that was ended.
  static constexpr int kExitStatus = 75;

  // `subject` begins its line in the log, e.g. "channel sms: plugin kannel".
  explicit Watchdog(std::string subject);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  // From the constructor to the destructor, at most `limit` may pass. `what` is for the log, and a
  // literal. One guard at a time.
  class Guard {
   public:
    Guard(Watchdog& watchdog, const char* what, std::chrono::milliseconds limit);
    ~Guard();
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

   private:
    Watchdog* watchdog_;
  };

  // While it lives, the time of the guard stands still: the plugin waits for the host.
  class Pause {
   public:
    explicit Pause(Watchdog& watchdog);
    ~Pause();
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;

   private:
    Watchdog* watchdog_;
    std::optional<std::chrono::steady_clock::duration> left_;
  };

 private:
  void watch(const std::stop_token& stop);

  std::string subject_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::optional<std::chrono::steady_clock::time_point> end_;
  const char* what_ = "";
  std::jthread thread_;
};

}  // namespace packwarden
