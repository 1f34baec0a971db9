#include "domain/account.h"

#include <array>
#include <stdexcept>

#include "domain/named.h"

namespace packwarden {

namespace {

constexpr std::array<std::string_view, 4> fact_names = {"identity_verified", "client_integrated",
                                                        "server_integrated", "closed"};

}  // namespace

std::string_view name_of(AccountFactKind kind) {
  return fact_names.at(static_cast<std::size_t>(kind));
}

std::optional<AccountFactKind> account_fact_kind_from(std::string_view name) {
  return value_named<AccountFactKind>(fact_names, name);
}

std::shared_ptr<const AccountDirectory> AccountDirectory::extend(
    const AccountDirectory& base, std::vector<Account> added, std::span<const AccountFact> facts) {
  auto directory = std::make_shared<AccountDirectory>();
  directory->accounts_ = base.accounts_;
  directory->closings_ = base.closings_;
  for (Account& account : added) {
    if (value_of(account.id) != directory->accounts_.size() + 1) {
      throw std::logic_error("account ids have a gap before '" + account.name + "'");
    }
    directory->accounts_.push_back(std::move(account));
  }
  directory->close(facts);
  directory->by_name_.reserve(directory->accounts_.size());
  for (const Account& account : directory->accounts_) directory->by_name_.insert(&account);
  return directory;
}

// O11
void AccountDirectory::close(std::span<const AccountFact> facts) {
  const std::size_t closings_before = closings_;
  for (const AccountFact& fact : facts) {
    if (fact.kind != AccountFactKind::closed) continue;
    accounts_[value_of(fact.account) - 1].closed_at = fact.known_at;
    ++closings_;
  }
  if (closings_ == closings_before) return;
  for (Account& account : accounts_) {
    if (!account.is_main()) account.closed_at = at(account.parent).closed_at;
  }
}

const Account* AccountDirectory::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : *found;
}

}  // namespace packwarden
