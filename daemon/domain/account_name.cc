#include "domain/account_name.h"

namespace packwarden {
namespace {

// Takes the character at the start off `text`; none where the bytes there are not UTF-8 (RFC 3629:
// no overlong forms, no surrogates, nothing beyond U+10FFFF).
std::optional<char32_t> take_character(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  std::size_t length = 1;
  char32_t character = lead;
  char32_t smallest = 0;
  if (lead >= 0xF0 && lead < 0xF8) {
    length = 4;
    character = lead & 0x07U;
    smallest = 0x10000;
  } else if (lead >= 0xE0 && lead < 0xF0) {
    length = 3;
    character = lead & 0x0FU;
    smallest = 0x800;
  } else if (lead >= 0xC0 && lead < 0xE0) {
    length = 2;
    character = lead & 0x1FU;
    smallest = 0x80;
  } else if (lead >= 0x80) {
    return std::nullopt;
  }
  if (text.size() < length) return std::nullopt;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return std::nullopt;
    character = (character << 6U) | (byte(i) & 0x3FU);
  }
  const bool surrogate = character >= 0xD800 && character <= 0xDFFF;
  if (character < smallest || character > 0x10FFFF || surrogate) return std::nullopt;
  text.remove_prefix(length);
  return character;
}

bool is_control(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x2028 || c == 0x2029;
}

// Of Unicode, the wide space of Chinese text among them.
bool is_space(char32_t c) {
  return c == 0x20 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200B) || c == 0x202F ||
         c == 0x205F || c == 0x3000 || c == 0xFEFF;
}

}  // namespace

bool is_one_word(std::string_view text) {
  while (!text.empty()) {
    const auto character = take_character(text);
    if (!character || is_control(*character) || is_space(*character)) return false;
  }
  return true;
}

std::optional<std::string_view> fault_of_account_name(std::string_view name) {
  if (name.empty()) return "is empty";
  if (name.size() > max_account_name_bytes) return "is longer than 128 bytes";
  bool at_start = true;
  bool space = false;
  while (!name.empty()) {
    const auto character = take_character(name);
    if (!character) return "is not UTF-8";
    if (is_control(*character)) return "has a control character in it";
    space = is_space(*character);
    if (space && at_start) return "begins with white space";
    at_start = false;
  }
  if (space) return "ends with white space";
  return std::nullopt;
}

}  // namespace packwarden
