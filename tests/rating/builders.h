#pragma once

#include <algorithm>
#include <vector>

#include "rating/rating.h"

namespace packwarden::testing {

inline constexpr AccountId tenant{1};

// A pack that is valid for all time unless the test says otherwise; given earlier means bought
// earlier.
class PackBuilder {
 public:
  PackBuilder(std::uint32_t id, Units quota) {
    pack_.id = PackId{id};
    pack_.quota = quota;
    pack_.purchased_at = Instant{id};
    pack_.effective_from = Instant::earliest();
    pack_.expires_at = Instant::latest();
  }
  PackBuilder& priority(int value) { return pack_.priority = value, *this; }
  PackBuilder& from(std::int64_t at) { return pack_.effective_from = Instant{at}, *this; }
  PackBuilder& until(std::int64_t at) { return pack_.expires_at = Instant{at}, *this; }
  PackBuilder& used(Units units) { return pack_.used = units, *this; }
  operator PackState() const { return pack_; }

 private:
  PackState pack_;
};

inline std::vector<PackState> in_drawdown_order(std::vector<PackState> packs) {
  std::sort(packs.begin(), packs.end(), draws_before);
  return packs;
}

inline UseRecord use(Units units, std::int64_t at = 0) {
  return {.used_by = tenant,
          .meter = MeterId{1},
          .day = {},
          .billable = Billable::yes,
          .time = {at},
          .units = units};
}

// What is left in the pack with this id.
inline Units left(const std::vector<PackState>& packs, std::uint32_t id) {
  return std::find_if(packs.begin(), packs.end(),
                      [&](const PackState& p) { return p.id == PackId{id}; })
      ->left();
}

inline Units sum_of(const std::vector<LedgerEntry>& entries, Outcome outcome) {
  Units units = 0;
  for (const LedgerEntry& entry : entries) units += entry.outcome == outcome ? entry.units : 0;
  return units;
}

}  // namespace packwarden::testing
