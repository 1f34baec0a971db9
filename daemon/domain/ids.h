#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace packwarden {

// Ids are dense: given out from 1 in the order of the ledger, so that they index vectors. 0 means
// none.
enum class AccountId : std::uint32_t {};
enum class PackId : std::uint32_t {};
enum class ProductId : std::uint32_t {};
enum class MeterId : std::uint32_t {};

constexpr std::uint32_t value_of(AccountId id) {
  return static_cast<std::uint32_t>(id);
}
constexpr std::uint32_t value_of(PackId id) {
  return static_cast<std::uint32_t>(id);
}
constexpr std::uint32_t value_of(ProductId id) {
  return static_cast<std::uint32_t>(id);
}
constexpr std::uint32_t value_of(MeterId id) {
  return static_cast<std::uint32_t>(id);
}

// Number of the last ledger transaction that something reflects; 0 is the empty ledger.
using Sequence = std::uint64_t;

// Whole units of a product and whole micro-units of money (1 CNY = 1,000,000). Never a
// floating-point number.
using Units = std::int64_t;
using MoneyMicros = std::int64_t;

// Wide enough for a product of two of them, e.g. to compare percentages by multiplying.
__extension__ using Wide = __int128;

// SHA-256 of the stored bytes of a usage file (U4).
using Digest = std::array<std::uint8_t, 32>;
std::string to_hex(const Digest& digest);

}  // namespace packwarden
