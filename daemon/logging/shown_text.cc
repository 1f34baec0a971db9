#include "logging/shown_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace packwarden {
namespace {

struct Character {
  std::size_t bytes = 1;
  std::uint32_t code = 0;
  bool is_valid = false;
};

// Smallest code point of a sequence of so many bytes: a shorter one would have done for less.
constexpr std::uint32_t least_code[] = {0, 0, 0x80, 0x800, 0x10000};

Character character_at(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {1, lead, true};
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return {};
  std::uint32_t code = lead & (0x7FU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3FU);
  }
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < least_code[bytes] || code > 0x10FFFF || surrogate) return {};
  return {bytes, code, true};
}

bool is_shown(const Character& character) {
  const std::uint32_t code = character.code;
  const bool control = code < 0x20 || (code >= 0x7F && code < 0xA0);
  const bool ends_line = code == 0x2028 || code == 0x2029;
  const bool turns = code == 0x061C || code == 0x200E || code == 0x200F ||
                     (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
  return character.is_valid && !control && !ends_line && !turns;
}

}  // namespace

std::string shown_text(std::string_view text, std::size_t bytes_max) {
  std::string shown;
  shown.reserve(std::min(text.size(), bytes_max));
  while (!text.empty()) {
    if (shown.size() >= bytes_max) {
      fmt::format_to(std::back_inserter(shown), "... ({} more bytes)", text.size());
      break;
    }
    const Character character = character_at(text);
    if (is_shown(character)) {
      shown.append(text.substr(0, character.bytes));
    } else {
      for (const char byte : text.substr(0, character.bytes)) {
        fmt::format_to(std::back_inserter(shown), "\\x{:02x}", static_cast<unsigned char>(byte));
      }
    }
    text.remove_prefix(character.bytes);
  }
  return shown;
}

}  // namespace packwarden
