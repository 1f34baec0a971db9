#pragma once

#include <cstdint>

namespace packwarden {

// How many rows of each table whose key holds the sequence a ledger transaction has written so far.
// Their numbers go on whoever writes, so that two writers in one transaction never meet.
struct RowNumbers {
  std::uint32_t entry = 0;
  std::uint32_t journal = 0;
  std::uint32_t postpaid_change = 0;
  std::uint32_t service_change = 0;
  std::uint64_t segment = 0;
};

}  // namespace packwarden
