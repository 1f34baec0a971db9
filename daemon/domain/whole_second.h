#pragma once

#include "domain/instant.h"

namespace packwarden {

// P5: the beginning of the second of an instant, since producers write whole seconds.
constexpr Instant second_of(Instant at) {
  constexpr std::int64_t nanos_per_second = 1'000'000'000;
  if (at < Instant::earliest() + Span::seconds(1)) return Instant::earliest();
  const std::int64_t into = at.nanos % nanos_per_second;
  return {at.nanos - (into < 0 ? into + nanos_per_second : into)};
}

}  // namespace packwarden
