#include "notices/sms_parts.h"

#include <algorithm>
#include <iterator>

namespace packwarden {
namespace {

// Beside most of ASCII: the characters of the default alphabet, in the order of their code points.
constexpr char32_t gsm_beyond_ascii[] = {
    0xA1, 0xA3, 0xA4, 0xA5,  0xA7,  0xBF,  0xC4,  0xC5,  0xC6,  0xC7,  0xC9,  0xD1,  0xD6,
    0xD8, 0xDC, 0xDF, 0xE0,  0xE4,  0xE5,  0xE6,  0xE8,  0xE9,  0xEC,  0xF1,  0xF2,  0xF6,
    0xF8, 0xF9, 0xFC, 0x393, 0x394, 0x398, 0x39B, 0x39E, 0x3A0, 0x3A3, 0x3A6, 0x3A8, 0x3A9};
constexpr std::string_view ascii_not_gsm = "`";
constexpr std::string_view extended = "\f^{}\\[~]|";
constexpr char32_t euro = 0x20AC;

// Takes one character off; a byte that begins none stands for itself.
char32_t take(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const char32_t lead = byte(0);
  const std::size_t more = lead >= 0xF8   ? 0
                           : lead >= 0xF0 ? 3
                           : lead >= 0xE0 ? 2
                           : lead >= 0xC0 ? 1
                                          : 0;
  char32_t character = more == 3 ? lead & 0x07U : more == 2 ? lead & 0x0FU : lead & 0x1FU;
  if (more == 0 || text.size() <= more) {
    text.remove_prefix(1);
    return lead;
  }
  for (std::size_t i = 1; i <= more; ++i) character = (character << 6U) | (byte(i) & 0x3FU);
  text.remove_prefix(more + 1);
  return character;
}

// Septets of a character; 0: it stands in no table of GSM.
std::size_t septets_of(char32_t c) {
  if (c < 0x80) {
    const char ascii = static_cast<char>(c);
    if (extended.find(ascii) != std::string_view::npos) return 2;
    const bool control = c < 0x20 && c != '\n' && c != '\r';
    return control || c == 0x7F || ascii_not_gsm.find(ascii) != std::string_view::npos ? 0 : 1;
  }
  if (c == euro) return 2;
  return std::binary_search(std::begin(gsm_beyond_ascii), std::end(gsm_beyond_ascii), c) ? 1 : 0;
}

std::size_t units_of(char32_t c) {
  return c > 0xFFFF ? 2 : 1;
}

template <class WidthOf>
std::size_t count_parts(std::string_view text, std::size_t alone, std::size_t each,
                        WidthOf width_of) {
  std::size_t all = 0;
  std::size_t parts = 1;
  std::size_t in_part = 0;
  while (!text.empty()) {
    const std::size_t width = width_of(take(text));
    all += width;
    if (in_part + width > each) {
      ++parts;
      in_part = 0;
    }
    in_part += width;
  }
  return all <= alone ? 1 : parts;
}

}  // namespace

bool is_gsm(std::string_view text) {
  while (!text.empty()) {
    if (septets_of(take(text)) == 0) return false;
  }
  return true;
}

std::size_t sms_parts(std::string_view text) {
  return is_gsm(text) ? count_parts(text, 160, 153, septets_of)
                      : count_parts(text, 70, 67, units_of);
}

}  // namespace packwarden
