#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

#include "store/session.h"

namespace packwarden {

// A claim and the end of an attempt may meet on the same index entries.
inline constexpr int outbox_attempts_max = 5;

// Runs a unit of work again after a deadlock or a lock wait (law 1). Relays of one channel start
// together, hence the growing pause; a lost connection is the caller's business.
template <class Unit>
auto run_again(Unit unit) {
  for (int attempt = 1;; ++attempt) {
    try {
      return unit();
    } catch (const DatabaseError& error) {
      const bool again = error.kind() == DatabaseErrorKind::deadlock ||
                         error.kind() == DatabaseErrorKind::lock_wait_timeout;
      if (!again || attempt == outbox_attempts_max) throw;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5 * attempt));
  }
}

// An instant of the database's clock.
inline std::string from_now(std::uint64_t milliseconds) {
  return fmt::format("NOW(6) + INTERVAL {} MICROSECOND", milliseconds * 1000);
}

// Ends deliveries of which the provider reported what became of them, once no attempt is under way.
// `which`: a condition.
void apply_reports(Session& session, const std::string& which);

}  // namespace packwarden
