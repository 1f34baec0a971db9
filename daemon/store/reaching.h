#pragma once

#include <fmt/format.h>

#include <utility>

#include "store/session.h"
#include "usecases/ledger_port.h"

namespace packwarden {

[[noreturn]] inline void throw_unavailable(const DatabaseError& error) {
  throw LedgerUnavailable(
      fmt::format("the database {}: {} ({})", to_string(error.kind()), error.what(), error.code()));
}

// Runs `callback` on the session, which is connected where it is not; DatabaseError comes out as
// LedgerUnavailable.
template <class Callback>
auto reaching(Session& session, Callback&& callback) {
  try {
    if (!session.connected()) session.connect();
    return std::forward<Callback>(callback)(session);
  } catch (const DatabaseError& error) {
    throw_unavailable(error);
  }
}

}  // namespace packwarden
