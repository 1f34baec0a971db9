#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace packwarden {

// A date of the business wall clock, as days since 1970-01-01 (proleptic Gregorian). Which instants
// belong to it is the calendar's business.
struct BusinessDay {
  std::int32_t days_since_epoch = 0;

  auto operator<=>(const BusinessDay&) const = default;

  constexpr BusinessDay next() const { return {days_since_epoch + 1}; }
};

// YYYY-MM-DD. Pure; thread-safe.
std::string to_string(BusinessDay day);

// Only a date that exists, written YYYY-MM-DD, year 0000 to 9999; nothing before or behind it.
// Pure; thread-safe.
std::optional<BusinessDay> parse_business_day(std::string_view text);

}  // namespace packwarden
