#include "app/loop_host.h"

namespace packwarden {

void LoopHost::sleep(const std::stop_token& stop, std::chrono::milliseconds at_most) const {
  loop.rest(at_most);
  wakeup.sleep(stop, at_most);
  loop.step("beginning a turn");
}

}  // namespace packwarden
