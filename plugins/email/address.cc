#include "address.h"

#include <algorithm>

namespace email {
namespace {

constexpr std::size_t kLocalPartBytesMax = 64;
constexpr std::size_t kHostNameBytesMax = 253;
constexpr std::size_t kLabelBytesMax = 63;

bool is_letter_or_digit(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9');
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char letter) { return (letter & 0x80) == 0; });
}

bool is_blank_or_control(char letter) {
  const auto byte = static_cast<unsigned char>(letter);
  return byte <= 0x20 || byte == 0x7F;
}

// Of RFC 5322's dot-atom; dots may stand anywhere, as there are such mailboxes.
bool is_local_letter(char letter) {
  return is_letter_or_digit(letter) ||
         std::string_view("!#$%&'*+-/=?^_`{|}~.").find(letter) != std::string_view::npos;
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kLabelBytesMax && label.front() != '-' &&
         label.back() != '-' && std::all_of(label.begin(), label.end(), [](char letter) {
           return is_letter_or_digit(letter) || letter == '-';
         });
}

}  // namespace

bool is_host_name(std::string_view name) {
  if (name.size() > kHostNameBytesMax) return false;
  for (;;) {
    const auto dot = name.find('.');
    if (!is_label(name.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    name.remove_prefix(dot + 1);
  }
}

std::string fault_of_address(std::string_view address) {
  if (address.empty()) return "is empty";
  if (address.size() > kAddressBytesMax) return "has more than 254 bytes";
  if (std::any_of(address.begin(), address.end(), is_blank_or_control)) {
    return "has white space or control characters";
  }
  const auto at_signs = std::count(address.begin(), address.end(), '@');
  if (at_signs == 0) return "has no @";
  if (at_signs > 1) return "has several @";
  const std::string_view local = address.substr(0, address.find('@'));
  const std::string_view domain = domain_of(address);
  if (local.empty()) return "has nothing before the @";
  if (!is_ascii(local)) return "has letters before the @ that are not ASCII";
  if (!std::all_of(local.begin(), local.end(), is_local_letter)) {
    return "has a character before the @ that is not taken";
  }
  if (local.size() > kLocalPartBytesMax) return "has more than 64 bytes before the @";
  if (!is_ascii(domain)) {
    return "has a domain that is not ASCII; write it in its xn-- form";
  }
  return is_host_name(domain) ? "" : "has no valid domain after the @";
}

std::string_view domain_of(std::string_view address) {
  return address.substr(address.find('@') + 1);
}

}  // namespace email
