#include "header_text.h"

#include <openssl/evp.h>

#include <algorithm>

namespace email {
namespace {

constexpr std::size_t kLineMax = 76;  // of a line with encoded words: RFC 2047, 2
constexpr std::string_view kWordBegin = "=?UTF-8?B?";
constexpr std::string_view kWordEnd = "?=";
constexpr std::size_t kPlainMax = 60;

std::string on_one_line(std::string_view text) {
  std::string line(text);
  for (char& letter : line) {
    const auto byte = static_cast<unsigned char>(letter);
    if (byte < 0x20 || byte == 0x7F) letter = ' ';
  }
  return line;
}

bool is_plain(std::string_view text) {
  return text.size() <= kPlainMax && text.find("=?") == std::string_view::npos &&
         !text.starts_with(' ') && !text.ends_with(' ') &&
         std::all_of(text.begin(), text.end(), [](char letter) { return (letter & 0x80) == 0; });
}

bool is_inside_character(char letter) {
  return (letter & 0xC0) == 0x80;
}

// How many bytes of `text` go into a word of at most `bytes_max`: whole characters. What is no
// UTF-8 is cut anywhere.
std::size_t word_bytes(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text.size();
  constexpr std::size_t kInsideMax = 3;
  for (std::size_t back = 0; back <= kInsideMax; ++back) {
    if (!is_inside_character(text[bytes_max - back])) return bytes_max - back;
  }
  return bytes_max;
}

std::string encoded_words(std::string_view text, std::size_t column) {
  std::string words;
  while (!text.empty()) {
    const std::size_t room = kLineMax - column - kWordBegin.size() - kWordEnd.size();
    const std::size_t bytes = word_bytes(text, room / 4 * 3);
    if (!words.empty()) words += "\r\n ";
    words += kWordBegin;
    words += base64(text.substr(0, bytes));
    words += kWordEnd;
    text.remove_prefix(bytes);
    column = 1;
  }
  return words;
}

std::string quoted(std::string_view text) {
  std::string word = "\"";
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') word += '\\';
    word += letter;
  }
  return word + "\"";
}

}  // namespace

std::string base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // EVP_EncodeBlock ends it with NUL
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

std::string unstructured(std::string_view text, std::size_t column) {
  std::string line = on_one_line(text);
  return is_plain(line) ? line : encoded_words(line, column);
}

std::string mailbox(std::string_view name, std::string_view address) {
  const std::string line = on_one_line(name);
  const std::string in_brackets = "<" + std::string(address) + ">";
  if (line.empty()) return in_brackets;
  const std::string words =
      is_plain(line) ? quoted(line) : encoded_words(line, std::string_view("From: ").size());
  return words + "\r\n " + in_brackets;
}

}  // namespace email
