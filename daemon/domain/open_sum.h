#pragma once

#include <algorithm>
#include <cstdint>

#include "domain/ids.h"
#include "domain/money.h"

namespace packwarden {

// The most that may be open of an account, in units or in micro-units, or that it may come to owe
// (U2): so that a charge, a balance and their sums always fit.
inline constexpr std::int64_t max_open = max_balance_micros;

// U2: what no bill has charged yet of a main account. Credits are left out: they are due on their
// own, and only ever make it less.
struct OpenSum {
  Wide units = 0;
  Wide micros = 0;  // at the prices of the days, and what the balance is below zero

  void add(Units more, MoneyMicros price_micros) {
    units += more;
    micros += Wide{more} * price_micros;
  }
  bool is_within(std::int64_t limit) const { return units <= limit && micros <= limit; }
  // No less than either; held at INT64_MAX.
  std::int64_t bound() const {
    return static_cast<std::int64_t>(std::min<Wide>(std::max(units, micros), INT64_MAX));
  }
};

}  // namespace packwarden
