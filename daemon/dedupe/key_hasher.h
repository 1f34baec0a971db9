#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "dedupe/dedupe_index.h"
#include "dedupe/hash_both.h"
#include "domain/ids.h"
#include "domain/instant.h"

namespace packwarden {

// What tells a duplicate from a conflict (U3). The meter implies the product.
struct RecordContent {
  AccountId account{};
  MeterId meter{};
  Instant time;
  Units quantity = 0;
};

// Makes record keys: HighwayHash under a secret key that is made once, at `migrate`. The keys are
// stored in the ledger, so what this computes may never change. Every implementation of HighwayHash
// gives the same result; the fastest that the processor has is chosen at construction. Immutable,
// hence thread-safe.
class KeyHasher {
 public:
  using Secret = std::array<std::uint8_t, 32>;

  explicit KeyHasher(const Secret& secret);

  // `source` and `id` of at most max_source_bytes and max_id_bytes (U2), any bytes; throws
  // std::length_error beyond.
  RecordKey key_of(std::string_view source, std::string_view id,
                   const RecordContent& content) const;

 private:
  std::array<std::uint64_t, 4> secret_;
  HashBoth hash_both_;
};

}  // namespace packwarden
