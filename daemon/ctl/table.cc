#include "ctl/table.h"

#include <algorithm>
#include <array>
#include <ostream>
#include <utility>

namespace packwarden {
namespace {

using Range = std::pair<char32_t, char32_t>;

constexpr std::array<Range, 11> wide_ranges = {{{0x1100, 0x115F},
                                                {0x2E80, 0x303E},
                                                {0x3041, 0x33FF},
                                                {0x3400, 0x4DBF},
                                                {0x4E00, 0x9FFF},
                                                {0xA000, 0xA4CF},
                                                {0xAC00, 0xD7A3},
                                                {0xF900, 0xFAFF},
                                                {0xFE30, 0xFE6F},
                                                {0xFF00, 0xFF60},
                                                {0x1F300, 0x1FAFF}}};
constexpr std::array<Range, 4> empty_ranges = {
    {{0x0300, 0x036F}, {0x200B, 0x200F}, {0xFE00, 0xFE0F}, {0x20D0, 0x20FF}}};

template <std::size_t N>
bool is_in(const std::array<Range, N>& ranges, char32_t c) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [c](const Range& range) { return c >= range.first && c <= range.second; });
}

std::size_t width_of(char32_t c) {
  if (is_in(empty_ranges, c)) return 0;
  return is_in(wide_ranges, c) || (c >= 0x20000 && c <= 0x3FFFD) ? 2 : 1;
}

}  // namespace

std::size_t shown_width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i++]);
    char32_t c = lead >= 0xF0   ? lead & 0x07U
                 : lead >= 0xE0 ? lead & 0x0FU
                 : lead >= 0xC0 ? lead & 0x1FU
                                : lead;
    while (i < text.size() && (static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80) {
      c = (c << 6U) | (static_cast<unsigned char>(text[i++]) & 0x3FU);
    }
    width += width_of(c);
  }
  return width;
}

void Table::print(std::ostream& out) const {
  for (const std::string& line : lines()) out << line << '\n';
}

std::vector<std::string> Table::lines() const {
  if (rows_.empty()) return {"none"};
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t width = shown_width(columns_[i].title);
    for (const auto& row : rows_) width = std::max(width, shown_width(row[i]));
    widths.push_back(width);
  }
  std::vector<std::string> all;
  const auto line = [&](const auto& cell_at) {
    std::string text;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::string& cell = cell_at(i);
      const std::string gap(widths[i] - shown_width(cell), ' ');
      if (i != 0) text += "  ";
      text += columns_[i].right ? gap + cell : cell + gap;
    }
    text.erase(text.find_last_not_of(' ') + 1);
    all.push_back(std::move(text));
  };
  line([&](std::size_t i) -> const std::string& { return columns_[i].title; });
  for (const auto& row : rows_) {
    line([&](std::size_t i) -> const std::string& { return row[i]; });
  }
  return all;
}

}  // namespace packwarden
