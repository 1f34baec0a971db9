#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace packwarden {

// A day of the business wall clock, counted from 1970-01-01.
struct BusinessDay {
  std::int32_t days_since_epoch = 0;

  auto operator<=>(const BusinessDay&) const = default;
};

}  // namespace packwarden
