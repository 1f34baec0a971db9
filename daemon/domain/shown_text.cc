#include "domain/shown_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "domain/account_name.h"
#include "domain/held_sum.h"

namespace packwarden {

std::string shown_bytes(std::string_view bytes) {
  // File names have at most 255 bytes, the names of accounts 128: looked at in parts.
  std::string text;
  while (!bytes.empty()) {
    std::size_t length = 1;
    while (length <= 4 && length <= bytes.size()) {
      const auto fault = fault_of_account_name(bytes.substr(0, length));
      if (!fault || fault == "begins with white space") break;
      ++length;
    }
    if (length > 4 || length > bytes.size()) {
      fmt::format_to(std::back_inserter(text), "\\x{:02X}", static_cast<unsigned char>(bytes[0]));
      length = 1;
    } else {
      text.append(bytes.substr(0, length));
    }
    bytes.remove_prefix(length);
  }
  return text;
}

std::string shown_lines(std::string_view text) {
  std::string shown;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    shown += shown_bytes(text.substr(begin, end - begin));
    if (end < text.size()) shown += '\n';
    begin = end + 1;
  }
  return shown;
}

std::string shown_size(std::uint64_t bytes) {
  constexpr const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  while (bytes >= 10'240 && unit + 1 < std::size(units)) {
    bytes /= 1'024;
    ++unit;
  }
  return fmt::format("{} {}", bytes, units[unit]);
}

std::string shown_age(std::int64_t seconds) {
  seconds = std::max<std::int64_t>(0, seconds);
  if (seconds < 120) return fmt::format("{} s", seconds);
  if (seconds < 7'200) return fmt::format("{} min", seconds / 60);
  if (seconds < 172'800) return fmt::format("{} h", seconds / 3'600);
  return fmt::format("{} days", seconds / 86'400);
}

std::string shown_count(std::int64_t number, std::string_view one, std::string_view many) {
  const std::string text = with_separators(number) + " ";
  if (number == 1) return text + std::string(one);
  return many.empty() ? text + std::string(one) + "s" : text + std::string(many);
}

std::string with_separators(std::int64_t number) {
  std::string text = fmt::format("{}", number);
  const std::size_t first = number < 0 ? 1 : 0;
  for (std::size_t at = text.size(); at > first + 3;) {
    at -= 3;
    text.insert(at, 1, ',');
  }
  return sign_if_held(number) + text;
}

}  // namespace packwarden
