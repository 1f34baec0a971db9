#pragma once

#include <fmt/format.h>

#include <utility>

#include "store/session.h"
#include "usecases/ledger_port.h"

namespace packwarden {

// As LedgerUnavailable, or as NotStorable where it is what was written that cannot be.
[[noreturn]] inline void throw_unavailable(const DatabaseError& error) {
  const std::string text =
      fmt::format("the database {}: {} ({})", to_string(error.kind()), error.what(), error.code());
  if (error.is_of_what_was_written()) throw NotStorable(text);
  throw LedgerUnavailable(text);
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
