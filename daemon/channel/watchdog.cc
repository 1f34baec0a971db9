#include "channel/watchdog.h"

#include <cstdlib>

#include "logging/log.h"

namespace packwarden {

Watchdog::Watchdog(std::string subject)
    : subject_(std::move(subject)), thread_([this](const std::stop_token& stop) { watch(stop); }) {}

Watchdog::~Watchdog() = default;

Watchdog::Guard::Guard(Watchdog& watchdog, const char* what, std::chrono::milliseconds limit)
    : watchdog_(&watchdog) {
  const std::lock_guard lock(watchdog.mutex_);
  watchdog.what_ = what;
  watchdog.end_ = std::chrono::steady_clock::now() + limit;
  watchdog.changed_.notify_all();
}

Watchdog::Guard::~Guard() {
  const std::lock_guard lock(watchdog_->mutex_);
  watchdog_->end_.reset();
}

Watchdog::Pause::Pause(Watchdog& watchdog) : watchdog_(&watchdog) {
  const std::lock_guard lock(watchdog.mutex_);
  if (!watchdog.end_) return;
  left_ = *watchdog.end_ - std::chrono::steady_clock::now();
  watchdog.end_.reset();
}

Watchdog::Pause::~Pause() {
  if (!left_) return;
  const std::lock_guard lock(watchdog_->mutex_);
  watchdog_->end_ = std::chrono::steady_clock::now() + *left_;
  watchdog_->changed_.notify_all();
}

void Watchdog::watch(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (!end_) {
      changed_.wait(lock, stop, [this] { return end_.has_value(); });
    } else if (std::chrono::steady_clock::now() < *end_) {
      const auto end = *end_;
      changed_.wait_until(lock, stop, end, [&] { return end_ != end; });
    } else {
      log_event(events::plugin_hangs, "{}: {} did not return in time; ending the process", subject_,
                what_);
      std::_Exit(kExitStatus);
    }
  }
}

}  // namespace packwarden
