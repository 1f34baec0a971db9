#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace packwarden {

// Why a data line cannot be used, in the order of U5: the first that holds is given.
enum class RejectReason : std::uint8_t {
  malformed,
  missing_field,
  bad_time,
  bad_quantity,
  unknown_account,
  closed_account,
  unknown_product,
  unknown_meter,
  too_old,
  in_future,
  conflict,
  out_of_range,
};
inline constexpr std::size_t reject_reason_count = 12;

// The name as the rules write it.
std::string_view name_of(RejectReason reason);
std::optional<RejectReason> reject_reason_from(std::string_view name);

}  // namespace packwarden
