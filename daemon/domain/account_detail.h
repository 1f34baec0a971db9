#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/ids.h"

namespace packwarden {

// How the holder of a main account is reached (N4).
enum class AccountDetailKind : std::uint8_t { language, email, phone, webhook, muted };
std::string_view name_of(AccountDetailKind kind);
std::optional<AccountDetailKind> account_detail_kind_from(std::string_view name);

// As it stands now; an empty value takes all but a language away.
struct AccountDetail {
  AccountId account{};
  AccountDetailKind kind = AccountDetailKind::language;
  std::string value;
};

// What is wrong with a value of this kind and what to give instead, as a sentence; nullopt where it
// is good. A language is one that has texts; an e-mail address has 3 to 254 bytes of UTF-8 without
// white space or control characters and one @ inside; a phone number is + and 6 to 15 digits
// (E.164); a webhook is an https URL of at most 254 bytes of ASCII with a host, without user and
// fragment; muted are the words of MutedNotices. Pure; thread-safe.
std::optional<std::string> fault_of(const AccountDetail& detail);

}  // namespace packwarden
