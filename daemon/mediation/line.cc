#include "mediation/line.h"

#include <algorithm>
#include <cstring>

namespace packwarden {
namespace {

const char* find_newline(const char* from, const char* to) {
  if (from == to) return nullptr;
  return static_cast<const char*>(std::memchr(from, '\n', static_cast<std::size_t>(to - from)));
}

}  // namespace

Line cut_line(const char* begin, const char* end, bool at_end, std::uint32_t max_line_bytes) {
  using Outcome = Line::Outcome;
  const char* const stop = begin + std::min(end - begin, line_window_bytes(max_line_bytes));
  const char* const newline = find_newline(begin, stop);
  Line line;
  if (newline != nullptr) {
    line.content_end = newline - (newline != begin && newline[-1] == '\r' ? 1 : 0);
    line.next = newline + 1;
  } else if (stop - begin == line_window_bytes(max_line_bytes)) {
    line.outcome = Outcome::too_long;
    return line;
  } else if (!at_end) {
    return line;
  } else {
    line.content_end = line.next = end;
  }
  const bool fits = line.content_end - begin <= static_cast<std::ptrdiff_t>(max_line_bytes);
  line.outcome = fits ? Outcome::whole : Outcome::too_long;
  return line;
}

}  // namespace packwarden
