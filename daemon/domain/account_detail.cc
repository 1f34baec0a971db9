#include "domain/account_detail.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "domain/account_name.h"
#include "domain/named.h"

namespace packwarden {
namespace {

constexpr std::array<std::string_view, 3> detail_names = {"language", "email", "phone"};
constexpr std::size_t max_email_bytes = 254;  // RFC 5321, 4.5.3.1.3, without the angle brackets
constexpr std::size_t min_phone_digits = 6;
constexpr std::size_t max_phone_digits = 15;

bool is_email(std::string_view text) {
  const std::size_t at = text.find('@');
  return text.size() <= max_email_bytes && is_one_word(text) &&
         text.find_first_of("<>") == std::string_view::npos && at != std::string_view::npos &&
         at != 0 && at + 1 != text.size() && text.find('@', at + 1) == std::string_view::npos;
}

bool is_phone(std::string_view text) {
  if (!text.starts_with('+')) return false;
  text.remove_prefix(1);
  return text.size() >= min_phone_digits && text.size() <= max_phone_digits &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::string_view name_of(AccountDetailKind kind) {
  return detail_names[static_cast<std::size_t>(kind)];
}

std::optional<AccountDetailKind> account_detail_kind_from(std::string_view name) {
  return value_named<AccountDetailKind>(detail_names, name);
}

std::optional<std::string> fault_of(const AccountDetail& detail) {
  const std::string& value = detail.value;
  switch (detail.kind) {
    case AccountDetailKind::language:
      if (value == "zh-CN" || value == "en") return std::nullopt;
      return fmt::format("There are no texts in the language '{}'. Choose zh-CN or en.", value);
    case AccountDetailKind::email:
      if (value.empty() || is_email(value)) return std::nullopt;
      return "This is no e-mail address. Give one such as billing@example.com, or '' for none.";
    case AccountDetailKind::phone:
      if (value.empty() || is_phone(value)) return std::nullopt;
      return "This is no phone number. Give + with country code and number, such as "
             "+8613812345678, or '' for none.";
  }
  return std::nullopt;
}

}  // namespace packwarden
