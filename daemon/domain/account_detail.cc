#include "domain/account_detail.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "domain/account_name.h"
#include "domain/muted_notices.h"
#include "domain/named.h"

namespace packwarden {
namespace {

constexpr std::array<std::string_view, 5> detail_names = {"language", "email", "phone", "webhook",
                                                          "muted"};
constexpr std::size_t max_email_bytes = 254;  // RFC 5321, 4.5.3.1.3, without the angle brackets
constexpr std::size_t max_value_bytes = 254;  // what a row holds
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

bool is_visible_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

// What RFC 3986 lets stand in a host and a port, of names and of addresses.
bool is_host_and_port(std::string_view text) {
  const std::size_t end = text.starts_with('[') ? text.find(']') : text.find(':');
  std::string_view port;
  if (text.starts_with('[')) {
    if (end == std::string_view::npos) return false;
    port = text.substr(end + 1);
    if (text.substr(1, end - 1).find_first_not_of("0123456789abcdefABCDEF:.") !=
            std::string_view::npos ||
        end < 3) {
      return false;
    }
  } else {
    const std::string_view host = text.substr(0, end);
    if (end != std::string_view::npos) port = text.substr(end);
    const auto is_of_host = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '-' || c == '.';
    };
    if (host.empty() || !std::all_of(host.begin(), host.end(), is_of_host)) return false;
  }
  if (port.empty()) return true;
  return port.size() >= 2 && port.size() <= 6 && port[0] == ':' &&
         port.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

bool is_webhook(std::string_view text) {
  constexpr std::string_view scheme = "https://";
  if (text.size() > max_value_bytes || !is_visible_ascii(text) || !text.starts_with(scheme) ||
      text.find_first_of("#<>\"\\^`{|}") != std::string_view::npos) {
    return false;
  }
  text.remove_prefix(scheme.size());
  return is_host_and_port(text.substr(0, text.find_first_of("/?")));
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
    case AccountDetailKind::webhook:
      if (value.empty() || is_webhook(value)) return std::nullopt;
      return "This is no address for a webhook. Give an https URL of at most 254 bytes without "
             "user "
             "and password, such as https://example.com/notices, or '' for none.";
    case AccountDetailKind::muted:
      if (!MutedNotices::parse(value)) {
        return "These are no choices of notices. Give KIND/MEDIUM, such as bill/sms, bill/* or "
               "*/sms; in-site messages cannot be muted.";
      }
      if (value.size() <= max_value_bytes) return std::nullopt;
      return "These are more choices than are kept. Mute whole kinds (bill/*) or media (*/sms).";
  }
  return std::nullopt;
}

}  // namespace packwarden
