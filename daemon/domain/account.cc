#include "domain/account.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

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
  const std::shared_ptr<AccountDirectory> directory(new AccountDirectory(base));
  directory->add(std::move(added));
  directory->close(facts);
  return directory;
}

// What is changed is copied once, before: the snapshots before this one have it too.
void AccountDirectory::add(std::vector<Account> added) {
  std::shared_ptr<Chunk> last;
  std::vector<std::shared_ptr<Shard>> changed(added.empty() ? 0 : shard_count);
  for (Account& account : added) {
    if (place_of(account.id) != size_) {
      throw std::logic_error("account ids have a gap before '" + account.name + "'");
    }
    const std::size_t hash = hash_of(account.name);
    std::shared_ptr<Shard>& shard = changed[shard_of(hash)];
    if (!shard) {
      const auto& before = shards_[shard_of(hash)];
      shard = before ? std::make_shared<Shard>(*before) : std::make_shared<Shard>();
      shards_[shard_of(hash)] = shard;
    }
    shard->insert({static_cast<std::uint32_t>(hash), value_of(account.id)});
    if (size_ % chunk_size == 0) {
      last = std::make_shared<Chunk>();
      chunks_.push_back(last);
    } else if (!last) {
      last = std::make_shared<Chunk>(*chunks_.back());
      chunks_.back() = last;
    }
    last->push_back({account.id, account.parent, std::move(account.name)});
    ++size_;
  }
}

void AccountDirectory::Shard::insert(Slot added) {
  constexpr std::size_t slots_min = 8;
  const auto put = [](std::vector<Slot>& into, Slot slot) {
    const std::size_t mask = into.size() - 1;
    std::size_t place = slot.tag & mask;
    while (into[place].id != 0) place = (place + 1) & mask;
    into[place] = slot;
  };
  if ((used + 1) * 4 > slots.size() * 3) {
    std::vector<Slot> larger(std::max(slots_min, slots.size() * 2));
    for (const Slot slot : slots) {
      if (slot.id != 0) put(larger, slot);
    }
    slots.swap(larger);
  }
  put(slots, added);
  ++used;
}

// O11
void AccountDirectory::close(std::span<const AccountFact> facts) {
  std::vector<std::shared_ptr<ClosedChunk>> changed;
  for (const AccountFact& fact : facts) {
    if (fact.kind != AccountFactKind::closed) continue;
    closed_.resize(chunks_.size());
    changed.resize(chunks_.size());
    const std::size_t place = place_of(fact.account);
    std::shared_ptr<ClosedChunk>& chunk = changed.at(place / chunk_size);
    if (!chunk) {
      const auto& before = closed_[place / chunk_size];
      chunk = before ? std::make_shared<ClosedChunk>(*before)
                     : std::make_shared<ClosedChunk>(chunk_size, Instant::latest());
      closed_[place / chunk_size] = chunk;
    }
    (*chunk)[place % chunk_size] = fact.known_at;
    ++closings_;
  }
}

std::optional<Instant> AccountDirectory::closed_at(const DirectoryEntry& account) const {
  const std::size_t place = place_of(account.main());
  if (place / chunk_size >= closed_.size() || !closed_[place / chunk_size]) return std::nullopt;
  const Instant at = (*closed_[place / chunk_size])[place % chunk_size];
  return at == Instant::latest() ? std::nullopt : std::optional(at);
}

const DirectoryEntry* AccountDirectory::find(std::string_view name) const {
  const std::size_t hash = hash_of(name);
  const Shard* shard = shards_[shard_of(hash)].get();
  if (shard == nullptr) return nullptr;
  const auto tag = static_cast<std::uint32_t>(hash);
  const std::size_t mask = shard->slots.size() - 1;
  for (std::size_t place = tag & mask; shard->slots[place].id != 0; place = (place + 1) & mask) {
    if (shard->slots[place].tag != tag) continue;
    const DirectoryEntry& entry = at(AccountId{shard->slots[place].id});
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

}  // namespace packwarden
