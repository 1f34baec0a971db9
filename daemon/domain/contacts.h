#pragma once

#include <string>
#include <string_view>

#include "domain/account_detail.h"
#include "domain/ids.h"
#include "domain/muted_notices.h"

namespace packwarden {

// How the holder of a main account is reached, as it stands (N4). What is empty is not known.
struct Contacts {
  AccountId account{};
  std::string language{};
  std::string email{};
  std::string phone{};
  std::string webhook{};
  MutedNotices muted{};
};

// Takes over a detail as it is stored. Throws std::logic_error where it is none.
void set_detail(Contacts& contacts, AccountDetailKind kind, std::string_view value);

}  // namespace packwarden
