#pragma once

#include <array>
#include <boost/unordered/unordered_flat_set.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/ids.h"
#include "domain/instant.h"

namespace packwarden {

// A tenant, or a sub-account of one. Both share one space of names, as usage records do. A
// sub-account is closed with its main account (O11).
struct Account {
  AccountId id{};
  AccountId parent{};  // 0: a main account
  std::string name;
  std::optional<Instant> closed_at{};

  AccountId main() const { return parent == AccountId{} ? id : parent; }
  bool is_main() const { return parent == AccountId{}; }
};

enum class AccountFactKind : std::uint8_t {
  identity_verified,  // P1
  client_integrated,  // B3
  server_integrated,  // B3
  closed,             // O11
};
inline constexpr std::array all_account_facts{
    AccountFactKind::identity_verified, AccountFactKind::client_integrated,
    AccountFactKind::server_integrated, AccountFactKind::closed};
std::string_view name_of(AccountFactKind kind);
std::optional<AccountFactKind> account_fact_kind_from(std::string_view name);

// What became known of a main account, once.
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

  // A new snapshot with `added` behind what `base` holds, and then what became of these by `facts`;
  // ids go on without gaps from 1, in order.
  static std::shared_ptr<const AccountDirectory> extend(const AccountDirectory& base,
                                                        std::vector<Account> added,
                                                        std::span<const AccountFact> facts);

  const Account* find(std::string_view name) const;
  const Account& at(AccountId id) const { return accounts_[value_of(id) - 1]; }
  std::size_t size() const { return accounts_.size(); }
  // Main accounts that are closed.
  std::size_t closings() const { return closings_; }

 private:
  // By name, with nothing but a pointer for each of what may be millions.
  struct NameHash {
    using is_transparent = void;
    using is_avalanching = void;
    std::size_t operator()(std::string_view name) const {
      return std::hash<std::string_view>{}(name);
    }
    std::size_t operator()(const Account* account) const { return (*this)(account->name); }
  };
  struct SameName {
    using is_transparent = void;
    static std::string_view name(std::string_view name) { return name; }
    static std::string_view name(const Account* account) { return account->name; }
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return name(a) == name(b);
    }
  };

  void close(std::span<const AccountFact> facts);

  std::deque<Account> accounts_;  // a deque: by_name_ points into it
  std::size_t closings_ = 0;
  boost::unordered_flat_set<const Account*, NameHash, SameName> by_name_;
};

}  // namespace packwarden
