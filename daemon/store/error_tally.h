#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "store/error.h"

namespace packwarden {

inline constexpr std::size_t database_error_kind_count = 8;

std::string_view name_of(DatabaseErrorKind kind);
// How many DatabaseErrors of a kind this process has met so far. Any thread.
std::uint64_t database_errors(DatabaseErrorKind kind);

}  // namespace packwarden
