#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "domain/ids.h"
#include "domain/instant.h"

namespace packwarden {

// A tenant, or a sub-account of one. Both share one space of names, as usage records do.
struct Account {
  AccountId id{};
  AccountId parent{};  // 0: a main account
  std::string name;
  std::string language;

  AccountId main() const { return parent == AccountId{} ? id : parent; }
};

enum class AccountFactKind : std::uint8_t { identity_verified };
std::string_view name_of(AccountFactKind kind);

// What became known of a main account, once (P1).
struct AccountFact {
  AccountId account{};
  AccountFactKind kind = AccountFactKind::identity_verified;
  Instant known_at;
};

// All accounts as of a ledger sequence, by name and by id. A snapshot: built once, then read by any
// thread.
class AccountDirectory {
 public:
  AccountDirectory() = default;
  AccountDirectory(const AccountDirectory&) = delete;
  AccountDirectory& operator=(const AccountDirectory&) = delete;

  // A new snapshot with `added` behind what `base` holds; ids go on without gaps from 1, in order.
  static std::shared_ptr<const AccountDirectory> extend(const AccountDirectory& base,
                                                        std::vector<Account> added);

  const Account* find(std::string_view name) const;
  const Account& at(AccountId id) const { return accounts_[value_of(id) - 1]; }
  std::size_t size() const { return accounts_.size(); }

 private:
  struct NameHash {
    using is_avalanching = void;
    std::size_t operator()(std::string_view name) const {
      return std::hash<std::string_view>{}(name);
    }
  };

  std::deque<Account> accounts_;  // a deque: by_name_ points into the names
  boost::unordered_flat_map<std::string_view, const Account*, NameHash> by_name_;
};

}  // namespace packwarden
