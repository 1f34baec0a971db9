#include "dedupe/sub_table.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <new>
#include <utility>

namespace packwarden {
namespace {

constexpr std::uint32_t first_capacity = 64;

// Slots behind the last home, the one that stays empty included. At 0.90 full a run reaches k slots
// beyond the end with probability e^(-0.2 k); a table that needs more gets more.
constexpr std::uint32_t usual_overflow(std::uint32_t capacity) {
  return std::min(64U, 8 + capacity / 16);
}

constexpr std::uint32_t limit_of(std::uint32_t capacity) {
  return static_cast<std::uint32_t>(std::uint64_t{capacity} * 9 / 10);
}

// For a table that shrinks: 0.81 to 0.89 full, which is where one that grows by an eighth lives.
constexpr std::uint32_t capacity_for(std::uint32_t count, unsigned phase) {
  return std::max(first_capacity + phase, count + count / 8 + count / 64 * phase + 1);
}

}  // namespace

DedupeIndex::SubTable::~SubTable() {
  std::free(slots_);
}

DedupeIndex::SubTable::SubTable(SubTable&& other) noexcept
    : slots_(std::exchange(other.slots_, nullptr)),
      capacity_(std::exchange(other.capacity_, 0)),
      total_(std::exchange(other.total_, 0)),
      count_(std::exchange(other.count_, 0)),
      limit_(std::exchange(other.limit_, 0)) {}

// The first slot that is not smaller than the key; only in a table that has slots.
DedupeSlot* DedupeIndex::SubTable::lower_bound(const DedupeSlot& key) const {
  DedupeSlot* slot = slots_ + home_of(key.high, capacity_);
  while (slot->high < key.high) ++slot;
  while (slot->high == key.high && slot->low_identity() < key.low_identity()) ++slot;
  return slot;
}

Seen DedupeIndex::SubTable::insert(const DedupeSlot& key, unsigned phase) {
  if (slots_ == nullptr) grow(phase);
  for (;;) {
    DedupeSlot* const place = lower_bound(key);
    if (place->high == key.high && place->low_identity() == key.low_identity() &&
        !place->is_empty()) {
      return place->content() == key.content() ? Seen::duplicate : Seen::conflict;
    }
    if (count_ >= limit_) {
      grow(phase);
      continue;
    }
    DedupeSlot* gap = place;
    while (!gap->is_empty()) ++gap;
    if (gap == slots_ + total_ - 1) {  // the last slot stays empty
      widen();
      continue;
    }
    std::move_backward(place, gap, gap + 1);
    *place = key;
    ++count_;
    return Seen::is_new;
  }
}

bool DedupeIndex::SubTable::erase(const DedupeSlot& key) {
  if (slots_ == nullptr) return false;
  DedupeSlot* place = lower_bound(key);
  if (place->is_empty() || place->high != key.high || place->low >> 12 != key.low >> 12) {
    return false;
  }
  // Whoever stands right of its home moves up, so that the array is as if the key had never come.
  const DedupeSlot* next = place + 1;
  while (!next->is_empty() && slots_ + home_of(next->high, capacity_) != next) *place++ = *next++;
  *place = DedupeSlot::empty();
  --count_;
  return true;
}

std::size_t DedupeIndex::SubTable::let_go(std::uint32_t newest_tag, std::uint32_t max_age_days,
                                          unsigned phase) {
  if (count_ == 0) return 0;
  const std::uint32_t before = count_;
  count_ = pack_right(total_, [=](const DedupeSlot& slot) {
    const std::uint32_t tag = slot.tag();
    const std::uint32_t age = newest_tag - tag + (newest_tag < tag ? DedupeSlot::tag_count : 0U);
    return !slot.is_empty() && age <= max_age_days;
  });
  if (count_ == 0) {
    clear();
  } else {
    const bool roomy = count_ < capacity_ / 5 * 4;
    spread(roomy ? std::min(capacity_, capacity_for(count_, phase)) : capacity_);
  }
  return before - count_;
}

void DedupeIndex::SubTable::clear() {
  std::free(std::exchange(slots_, nullptr));
  capacity_ = total_ = count_ = limit_ = 0;
}

void DedupeIndex::SubTable::grow(unsigned phase) {
  const std::uint32_t old_total = total_;
  const std::uint32_t capacity =
      capacity_ == 0 ? first_capacity + phase : capacity_ + capacity_ / 8;
  if (capacity > std::numeric_limits<std::uint32_t>::max() / 4) throw std::bad_alloc();
  resize(std::max(old_total, capacity + usual_overflow(capacity)));
  pack_right(old_total, [](const DedupeSlot& slot) { return !slot.is_empty(); });
  spread(capacity);
}

// More slots behind the last home, where a run of near identities (never seen from honest hashes)
// has filled them.
void DedupeIndex::SubTable::widen() {
  const std::uint32_t old_total = total_;
  resize(total_ + (total_ - capacity_));
  std::fill(slots_ + old_total, slots_ + total_, DedupeSlot::empty());
}

void DedupeIndex::SubTable::resize(std::uint32_t total) {
  void* const moved = std::realloc(static_cast<void*>(slots_), total * sizeof(DedupeSlot));
  if (moved == nullptr) throw std::bad_alloc();
  slots_ = static_cast<DedupeSlot*>(moved);
  total_ = total;
}

// Moves the keys to keep, which stand in the first `from_total` slots, to the very end of the
// array, in order. Returns how many.
template <typename Keep>
std::uint32_t DedupeIndex::SubTable::pack_right(std::uint32_t from_total, Keep keep) {
  DedupeSlot* write = slots_ + total_;
  for (const DedupeSlot* read = slots_ + from_total; read != slots_;) {
    const DedupeSlot slot = *--read;
    *(write - 1) =
        slot;  // never left of `read`; without a branch, which gaps would make a bad guess
    write -= keep(slot) ? 1 : 0;
    if (write == slots_) break;
  }
  return static_cast<std::uint32_t>(slots_ + total_ - write);
}

// From keys packed at the end of the array to each at its home or right of it, for a new capacity,
// then gives back what is left over.
void DedupeIndex::SubTable::spread(std::uint32_t capacity) {
  capacity_ = capacity;
  limit_ = limit_of(capacity);
  const DedupeSlot* used_end = try_spread();
  while (used_end == nullptr) {
    const std::uint32_t old_total = total_;
    resize(total_ + total_ / 8 + usual_overflow(capacity));
    pack_right(old_total, [](const DedupeSlot& slot) { return !slot.is_empty(); });
    used_end = try_spread();
  }
  const auto used = static_cast<std::uint32_t>(used_end - slots_);
  const std::uint32_t needed = std::max(capacity + usual_overflow(capacity), used + 1);
  if (needed < total_) resize(needed);
}

// One sweep from left to right, which returns the end of the last key. What is written never passes
// what is still to be read, as long as all fits before the end; if not, returns null with each key
// in the array once, in order, and all else empty.
DedupeSlot* DedupeIndex::SubTable::try_spread() {
  DedupeSlot* const end = slots_ + total_;
  DedupeSlot* write = slots_;
  for (DedupeSlot* read = end - count_; read != end; ++read) {
    const DedupeSlot slot = *read;
    DedupeSlot* const home = slots_ + home_of(slot.high, capacity_);
    if (home > read) {
      std::fill(write, read, DedupeSlot::empty());
      return nullptr;
    }
    while (write < home) *write++ = DedupeSlot::empty();
    *write++ = slot;
  }
  if (write == end) return nullptr;
  std::fill(write, end, DedupeSlot::empty());
  return write;
}

}  // namespace packwarden
