#pragma once

#include <optional>
#include <string_view>

namespace packwarden {

inline constexpr std::size_t max_account_name_bytes = 128;

// What is wrong with a name for an account or sub-account, as the end of a sentence ("is empty"),
// or nothing: 1 to 128 bytes of UTF-8 without control characters, and without white space at either
// end. Pure; thread-safe.
std::optional<std::string_view> fault_of_account_name(std::string_view name);

// Whether it is UTF-8 without control characters and white space. Pure; thread-safe.
bool is_one_word(std::string_view text);

}  // namespace packwarden
