#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "dedupe/dedupe_index.h"

namespace packwarden {

// U3 as a person would write it: what the dedupe index has to agree with.
class ModelIndex {
 public:
  Seen insert(const RecordKey& key, std::int32_t arrival_day) {
    const auto [held, is_new] = held_.try_emplace(identity_of(key), Held{key.content, arrival_day});
    if (is_new) return Seen::is_new;
    return held->second.content == key.content ? Seen::duplicate : Seen::conflict;
  }

  bool erase(const RecordKey& key) {
    const auto held = held_.find(identity_of(key));
    if (held == held_.end() || held->second.content != key.content) return false;
    held_.erase(held);
    return true;
  }

  std::size_t let_go_before(std::int32_t day) {
    return std::erase_if(held_, [day](const auto& held) { return held.second.arrival_day < day; });
  }

  std::size_t size() const { return held_.size(); }

  std::vector<RecordKey> keys() const {
    std::vector<RecordKey> keys;
    for (const auto& [identity, held] : held_) {
      keys.push_back({identity.first, identity.second, held.content});
    }
    return keys;
  }

 private:
  using Identity = std::pair<std::uint64_t, std::uint32_t>;
  struct Held {
    std::uint32_t content;
    std::int32_t arrival_day;
  };

  static Identity identity_of(const RecordKey& key) {
    return {key.identity_high, key.identity_low};
  }

  std::map<Identity, Held> held_;
};

}  // namespace packwarden
