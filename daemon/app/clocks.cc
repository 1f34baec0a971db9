#include "app/clocks.h"

#include <chrono>

#include "logging/log.h"

namespace packwarden {
namespace {

constexpr Span apart_max = Span::minutes(60);

}  // namespace

Instant now() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return Instant::from_micros(
      std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count());
}

bool clocks_agree(Instant here, Instant there, const char* consequence) {
  if (here <= there + apart_max && there <= here + apart_max) return true;
  log_event(events::clocks_differ,
            "this host's clock says {} and the database's {}: {} until they agree; set the "
            "clocks right",
            to_rfc3339(here), to_rfc3339(there), consequence);
  return false;
}

}  // namespace packwarden
