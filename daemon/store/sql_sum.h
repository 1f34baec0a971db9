#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace packwarden {

// A SUM(), which the database gives with as many digits as it has: held (domain/held_sum.h). Throws
// std::logic_error where it is no whole number.
std::int64_t to_sum(const std::optional<std::string_view>& value);

}  // namespace packwarden
