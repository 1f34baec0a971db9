#include "domain/account.h"

#include <stdexcept>

namespace packwarden {

std::string_view name_of(AccountFactKind) {
  return "identity_verified";
}

std::shared_ptr<const AccountDirectory> AccountDirectory::extend(const AccountDirectory& base,
                                                                 std::vector<Account> added) {
  auto directory = std::make_shared<AccountDirectory>();
  directory->accounts_ = base.accounts_;
  for (Account& account : added) {
    if (value_of(account.id) != directory->accounts_.size() + 1) {
      throw std::logic_error("account ids have a gap before '" + account.name + "'");
    }
    directory->accounts_.push_back(std::move(account));
  }
  directory->by_name_.reserve(directory->accounts_.size());
  for (const Account& account : directory->accounts_) {
    directory->by_name_.emplace(account.name, &account);
  }
  return directory;
}

const Account* AccountDirectory::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

}  // namespace packwarden
