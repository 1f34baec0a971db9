#pragma once

#include <cstdint>

namespace packwarden {

// P9: how many names of a command go into one ledger transaction.
struct CommandLimits {
  // Up to so many are done all, or none. More are done in pieces of so many.
  std::uint32_t names_at_once = 500;
  // With a payment from outside, always one transaction; more names are refused.
  std::uint32_t paid_names_max = 10'000;

  bool operator==(const CommandLimits&) const = default;
};

}  // namespace packwarden
