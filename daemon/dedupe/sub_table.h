#pragma once

#include <cstddef>
#include <cstdint>

#include "dedupe/dedupe_index.h"

namespace packwarden {

// One key as the index holds it: the 84 bits of the identity that the number of the sub-table does
// not tell, the content, and the day of arrival as a tag. Ordered by identity. An empty slot is all
// ones: it compares as larger than any key, so a search needs no check of its own for it; no key
// looks like that because no tag is all ones.
struct DedupeSlot {
  std::uint64_t high;  // identity bits 12..75
  std::uint64_t low;   // identity bits 76..95, content (32 bits), day tag (12 bits)

  static constexpr std::uint32_t tag_count = 4095;  // tags are 0..4094

  static constexpr DedupeSlot empty() { return {~std::uint64_t{0}, ~std::uint64_t{0}}; }
  static DedupeSlot of(const RecordKey& key, std::uint32_t tag) {
    const std::uint64_t rest = key.identity_low & 0xFFFFF;
    return {key.identity_high << 12 | key.identity_low >> 20,
            rest << 44 | std::uint64_t{key.content} << 12 | tag};
  }

  bool is_empty() const { return low == ~std::uint64_t{0}; }
  std::uint64_t low_identity() const { return low >> 44; }
  std::uint32_t content() const { return static_cast<std::uint32_t>(low >> 12); }
  std::uint32_t tag() const { return static_cast<std::uint32_t>(low & 0xFFF); }
};
static_assert(sizeof(DedupeSlot) == 16);

// The keys of one of the 4096 parts of the index: ordered linear probing. A key's home is its
// identity scaled to the capacity, so that the whole array is ordered; it stands at its home or,
// after its smaller neighbours, further right. Some slots behind the capacity take what the last
// homes cannot, and the very last slot is always empty: no search and no shift needs a bound or
// wraps around. Memory comes with the first key and is realloc'ed, so that the kernel moves pages
// instead of bytes and growing never holds a table twice.
class DedupeIndex::SubTable {
 public:
  SubTable() = default;
  ~SubTable();
  SubTable(SubTable&& other) noexcept;
  SubTable& operator=(SubTable&&) = delete;

  // `phase` (0..7) spreads the moments at which equally filled sub-tables grow. Throws
  // std::bad_alloc with the table as it was.
  Seen insert(const DedupeSlot& key, unsigned phase);

  // Same identity and content; the tag does not matter.
  bool erase(const DedupeSlot& key);

  // Lets go of keys with more than `max_age_days` between their tag and `newest_tag`. Returns how
  // many.
  std::size_t let_go(std::uint32_t newest_tag, std::uint32_t max_age_days, unsigned phase);

  void clear();

  // Starts to load the slots that a search for this identity reads first; the processor sees by
  // itself that the next ones follow.
  void prefetch(std::uint64_t high) const { __builtin_prefetch(slots_ + home_of(high, capacity_)); }

  std::size_t size() const { return count_; }
  std::size_t memory_bytes() const { return std::size_t{total_} * sizeof(DedupeSlot); }

 private:
  static std::uint32_t home_of(std::uint64_t high, std::uint32_t capacity) {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint32_t>(static_cast<Wide>(high) * capacity >> 64);
  }

  DedupeSlot* lower_bound(const DedupeSlot& key) const;
  void grow(unsigned phase);
  void widen();
  void resize(std::uint32_t total);
  template <typename Keep>
  std::uint32_t pack_right(std::uint32_t from_total, Keep keep);
  void spread(std::uint32_t capacity);
  DedupeSlot* try_spread();

  DedupeSlot* slots_ = nullptr;
  std::uint32_t capacity_ = 0;  // homes
  std::uint32_t total_ = 0;     // slots
  std::uint32_t count_ = 0;     // keys
  std::uint32_t limit_ = 0;     // keys that this capacity may hold
};

}  // namespace packwarden
