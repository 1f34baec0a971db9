#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// How values from outside and figures are shown to people. Pure.
namespace packwarden {

// The name of a file as text: bytes beyond ASCII that are no UTF-8, and control characters, as
// \xNN.
std::string shown_bytes(std::string_view bytes);

// The same of a text of several lines, which stay lines.
std::string shown_lines(std::string_view text);

// "800 B", "12 MiB": whole, in the largest unit with at least two digits.
std::string shown_size(std::uint64_t bytes);

// "90 s", "25 min", "3 h", "12 days"; negative ones as 0 s.
std::string shown_age(std::int64_t seconds);

// "1 file", "1,234 files"; `many` where it is not `one` with an s.
std::string shown_count(std::int64_t number, std::string_view one, std::string_view many = "");

// 1234567 as "1,234,567".
std::string with_separators(std::int64_t number);

}  // namespace packwarden
