#pragma once

#include <cstddef>
#include <cstdint>

namespace packwarden {

// The content and the longest line end: whatever does not end within these bytes is too long.
inline std::ptrdiff_t line_window_bytes(std::uint32_t max_line_bytes) {
  return static_cast<std::ptrdiff_t>(max_line_bytes) + 2;
}

// A physical line: up to LF, CRLF or the end of the file, whatever quotes say.
struct Line {
  enum class Outcome : std::uint8_t {
    whole,
    too_long,    // content of more than max_line_bytes; the other members are not set
    incomplete,  // cannot be told without more bytes
  };
  Outcome outcome = Outcome::incomplete;
  const char* content_end = nullptr;  // before the line end
  const char* next = nullptr;         // where the next line begins
};
// `at_end`: the file ends at `end`. The outcome is that for the whole file, wherever the block
// ends.
Line cut_line(const char* begin, const char* end, bool at_end, std::uint32_t max_line_bytes);

}  // namespace packwarden
