#pragma once

#include <cstdint>

#include "domain/instant.h"

namespace packwarden {

// What a usage record may be at most (U2).
inline constexpr std::size_t max_id_bytes = 128;
inline constexpr std::size_t max_source_bytes = 128;
inline constexpr std::int64_t max_quantity = 1'000'000'000'000;

// U3, U6: how far from its arrival an event may lie, and how long its key is held.
struct AcceptanceWindow {
  Span max_age = Span::days(35);
  Span max_skew = Span::minutes(5);
};

}  // namespace packwarden
