#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace packwarden {

// At most `bytes_max` bytes of `text` as valid UTF-8 on one line: what is not becomes '?' or a
// space. Pure.
std::string clean_text(std::string_view text, std::size_t bytes_max);

}  // namespace packwarden
