#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "domain/ids.h"

// Sums for people, over more than the ledger bounds: held at the largest or smallest number of 64
// bits instead of going round. Texts show such a number as ">=" or "<=" it. Pure; thread-safe.
namespace packwarden {

inline constexpr std::int64_t largest_sum = std::numeric_limits<std::int64_t>::max();
inline constexpr std::int64_t smallest_sum = std::numeric_limits<std::int64_t>::min();

constexpr std::int64_t held(Wide sum) {
  if (sum > largest_sum) return largest_sum;
  return sum < smallest_sum ? smallest_sum : static_cast<std::int64_t>(sum);
}
constexpr std::int64_t held_sum(std::int64_t sum, std::int64_t more) {
  return held(Wide{sum} + more);
}
// Stands before the text of a sum that is held; empty for any other.
constexpr const char* sign_if_held(std::int64_t sum) {
  return sum == largest_sum ? ">=" : sum == smallest_sum ? "<=" : "";
}

// Of money; with its sign where it is held. with_separators() has it too.
std::string money_sum_text(MoneyMicros micros);

}  // namespace packwarden
