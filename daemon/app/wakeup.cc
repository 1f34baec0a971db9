#include "app/wakeup.h"

namespace packwarden {

void Wakeup::hint() {
  const std::lock_guard lock(mutex_);
  hinted_ = true;
  changed_.notify_all();
}

void Wakeup::sleep(const std::stop_token& stop, std::chrono::milliseconds at_most) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, stop, at_most, [this] { return hinted_; });
  hinted_ = false;
}

}  // namespace packwarden
