#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>

namespace packwarden {

// What systemd, or whoever gave this process a NOTIFY_SOCKET, is told (sd_notify(3)). Where nobody
// did, nothing happens. Any thread.
class ServiceManager {
 public:
  // The start is over: from now on the process does what it is for, and must say alive().
  void ready();
  bool is_ready() const;

  // Before ready(): the start goes on, and may take `more` from now without another word.
  void extend_start(std::chrono::microseconds more);

  // One line for `systemctl status`. Passed on where it differs from the last one.
  void status(const std::string& line);

  // The watchdog is fed.
  void alive();

  // A process that is alive may be silent for so long: where the watchdog would not wait, it does
  // from now on.
  void may_be_silent(std::chrono::microseconds at_most);

  // Between these two the settings are read anew.
  void reloading();
  void reloaded();

  // The stop has begun.
  void stopping();

  // How long the process may be silent before it is killed; none: nobody watches.
  static std::optional<std::chrono::microseconds> watchdog();

 private:
  mutable std::mutex mutex_;
  bool ready_ = false;
  bool stopping_ = false;
  std::string status_;
};

}  // namespace packwarden
