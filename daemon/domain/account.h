#pragma once

#include <array>
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

// An account as the directory has it: what never changes of it.
struct DirectoryEntry {
  AccountId id{};
  AccountId parent{};  // 0: a main account
  std::string name;

  AccountId main() const { return parent == AccountId{} ? id : parent; }
  bool is_main() const { return parent == AccountId{}; }
};

// All accounts as of a ledger sequence, by name and by id. A snapshot: built once, then read by any
// thread. It shares with the one before it all that did not change, so that one account more costs
// the same among a thousand and among millions.
class AccountDirectory {
 public:
  AccountDirectory() : shards_(shard_count) {}
  AccountDirectory& operator=(const AccountDirectory&) = delete;

  // A new snapshot with `added` behind what `base` holds, and then what became of these by `facts`;
  // ids go on without gaps from 1, in order. Throws std::logic_error where they do not.
  static std::shared_ptr<const AccountDirectory> extend(const AccountDirectory& base,
                                                        std::vector<Account> added,
                                                        std::span<const AccountFact> facts);

  // Null where there is none. What is returned lives as long as the snapshot.
  const DirectoryEntry* find(std::string_view name) const;
  const DirectoryEntry& at(AccountId id) const {
    return (*chunks_[place_of(id) / chunk_size])[place_of(id) % chunk_size];
  }
  // O11: a sub-account is closed with its main account.
  std::optional<Instant> closed_at(const DirectoryEntry& account) const;
  std::size_t size() const { return size_; }
  // Main accounts that are closed.
  std::size_t closings() const { return closings_; }

 private:
  static constexpr std::size_t chunk_size = 1'024;
  static constexpr int shard_bits = 10;
  static constexpr std::size_t shard_count = std::size_t{1} << shard_bits;

  using Chunk = std::vector<DirectoryEntry>;  // of consecutive ids
  using ClosedChunk = std::vector<Instant>;   // the same; latest(): is not closed
  // A part of the names, by their hash: open addressing with id 0 for a free slot.
  struct Slot {
    std::uint32_t tag = 0;  // of the hash
    std::uint32_t id = 0;
  };
  struct Shard {
    std::vector<Slot> slots;  // a power of two
    std::size_t used = 0;
    void insert(Slot added);
  };

  AccountDirectory(const AccountDirectory&) = default;
  static std::size_t place_of(AccountId id) { return value_of(id) - 1; }
  static std::size_t hash_of(std::string_view name) { return std::hash<std::string_view>{}(name); }
  static std::size_t shard_of(std::size_t hash) { return hash >> (64 - shard_bits); }
  void add(std::vector<Account> added);
  void close(std::span<const AccountFact> facts);

  std::size_t size_ = 0;
  std::size_t closings_ = 0;
  std::vector<std::shared_ptr<const Chunk>> chunks_;
  std::vector<std::shared_ptr<const ClosedChunk>> closed_;  // null: nobody of the chunk
  std::vector<std::shared_ptr<const Shard>> shards_;        // null: no name
};

}  // namespace packwarden
