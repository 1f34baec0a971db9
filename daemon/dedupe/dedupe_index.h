#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace packwarden {

// Identity and content of an accepted record as the ledger keeps it: 16 bytes, and its layout in a
// dedupe segment (little endian). The identity is 96 bits of a keyed hash of source and id (U3):
// among 10^9 live keys the chance that any two different records look the same is 6e-12, and nobody
// without the key can craft such a pair.
struct RecordKey {
  std::uint64_t identity_high = 0;
  std::uint32_t identity_low = 0;
  std::uint32_t content = 0;  // keyed hash of account, product, meter, instant and quantity

  bool operator==(const RecordKey&) const = default;
};
static_assert(sizeof(RecordKey) == 16);

enum class Seen : std::uint8_t {
  is_new,     // now in the index
  duplicate,  // the same identity with the same content was there before
  conflict,   // the same identity with other content was there before; that one stands
};

// The exact set of keys inside the dedupe window (U3), in memory. 4096 sub-tables by the first 12
// bits of the identity; each is an array with gaps, ordered by identity, so that a look-up ends
// early, growing (by an eighth) is a linear sweep, and no moment needs twice the memory. 16 bytes a
// slot, kept between 0.80 and 0.90 full once large. Each key carries the day on which its file
// arrived, so that days beyond the window can be let go. Not thread-safe: one thread owns it.
class DedupeIndex {
 public:
  DedupeIndex();
  ~DedupeIndex();
  DedupeIndex(DedupeIndex&&) noexcept;
  DedupeIndex& operator=(DedupeIndex&&) noexcept;

  // Inserts the key if its identity is new. `arrival_day`: days since 1970-01-01 (UTC).
  Seen insert(const RecordKey& key, std::int32_t arrival_day);

  // The same for many, in order, with look-ahead (prefetch): seen[i] is the outcome of keys[i].
  // Repeats within `keys` count as seen. If memory ends (std::bad_alloc), some of them are in: the
  // caller has to end.
  void insert_all(const RecordKey* keys, std::size_t count, std::int32_t arrival_day, Seen* seen);

  // Takes out a key that insert() said was new, when the ledger transaction that would have held it
  // failed, or when a void freed it. Returns whether it was there (same identity and content).
  bool erase(const RecordKey& key);

  // Lets go of all keys whose file arrived before `day`. Returns how many. All arrival days given
  // since the index was last empty must lie within 4000 days of each other.
  std::size_t let_go_before(std::int32_t day);

  std::size_t size() const;
  // Bytes allocated for slots.
  std::size_t memory_bytes() const;

 private:
  class SubTable;
  struct Grouped {
    RecordKey key;
    std::uint32_t position;  // in the caller's array
  };

  void insert_in_order(const RecordKey* keys, std::size_t count, std::uint32_t tag, Seen* seen);
  void insert_grouped(const RecordKey* keys, std::size_t count, std::uint32_t tag, Seen* seen);

  std::vector<SubTable> tables_;
  std::vector<Grouped> grouped_;  // scratch, kept because fresh pages cost as much as the sort
  std::size_t size_ = 0;
  std::int32_t newest_day_ = 0;  // of all arrivals since the index was last empty
};

}  // namespace packwarden
