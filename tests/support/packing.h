#pragma once

#include <string>
#include <string_view>

namespace packwarden::testing {

// One gzip member, and one Zstandard frame. window_log 0: as the level has it.
std::string gzip(std::string_view content, int level = 6);
std::string zstd(std::string_view content, int level = 3, int window_log = 0);

}  // namespace packwarden::testing
