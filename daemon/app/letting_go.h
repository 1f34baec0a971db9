#pragma once

#include <cstdint>

#include "app/composition.h"

namespace packwarden {

// Lets go of the keys of days that are over (U3): in memory at once, in the database a few segments
// between two rounds, so that ingest never waits for it. Used by the thread of ingest.
class LettingGo {
 public:
  // `trust_clock`: the instants are given, not this host's clock.
  LettingGo(IngestComposition& composition, bool trust_clock)
      : composition_(&composition), trust_clock_(trust_clock) {}

  // Call it before each round, with loaded books. Throws LedgerUnavailable; ClocksDiffer, with
  // nothing let go, where this host's clock is not that of the database.
  void step(Instant at);

 private:
  void forget(Instant at);

  IngestComposition* composition_;
  bool trust_clock_;
  std::int32_t day_ = INT32_MIN;
  bool rows_left_ = false;
};

}  // namespace packwarden
