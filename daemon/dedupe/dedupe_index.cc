#include "dedupe/dedupe_index.h"

#include <algorithm>

#include "dedupe/sub_table.h"

namespace packwarden {
namespace {

constexpr std::size_t table_count = 4096;
// Far enough that the slots have come from memory when their turn is, near enough that they are
// still in the cache.
constexpr std::size_t look_ahead = 16;
// Grouping pays from some keys a sub-table on; the memory for it is bounded.
constexpr std::size_t least_grouped = 4 * table_count;
constexpr std::size_t most_grouped = 256 * table_count;

std::size_t table_of(const RecordKey& key) {
  return key.identity_high >> 52;
}
unsigned phase_of(std::size_t table) {
  return static_cast<unsigned>(table & 7);
}

std::uint32_t tag_of(std::int32_t day) {
  constexpr auto tags = static_cast<std::int32_t>(DedupeSlot::tag_count);
  const std::int32_t rest = day % tags;
  return static_cast<std::uint32_t>(rest < 0 ? rest + tags : rest);
}

}  // namespace

DedupeIndex::DedupeIndex() : tables_(table_count) {}
DedupeIndex::~DedupeIndex() = default;
DedupeIndex::DedupeIndex(DedupeIndex&&) noexcept = default;
DedupeIndex& DedupeIndex::operator=(DedupeIndex&&) noexcept = default;

Seen DedupeIndex::insert(const RecordKey& key, std::int32_t arrival_day) {
  Seen seen{};
  insert_all(&key, 1, arrival_day, &seen);
  return seen;
}

void DedupeIndex::insert_all(const RecordKey* keys, std::size_t count, std::int32_t arrival_day,
                             Seen* seen) {
  if (count == 0) return;
  newest_day_ = size_ == 0 ? arrival_day : std::max(newest_day_, arrival_day);
  const std::uint32_t tag = tag_of(arrival_day);
  while (count >= least_grouped) {
    const std::size_t part = std::min(count, most_grouped);
    insert_grouped(keys, part, tag, seen);
    keys += part;
    seen += part;
    count -= part;
  }
  insert_in_order(keys, count, tag, seen);
}

void DedupeIndex::insert_in_order(const RecordKey* keys, std::size_t count, std::uint32_t tag,
                                  Seen* seen) {
  const auto prefetch = [&](const RecordKey& key) {
    tables_[table_of(key)].prefetch(DedupeSlot::of(key, tag).high);
  };
  for (std::size_t i = 0; i < std::min(look_ahead, count); ++i) prefetch(keys[i]);
  for (std::size_t i = 0; i < count; ++i) {
    if (count - i > look_ahead) prefetch(keys[i + look_ahead]);
    const std::size_t table = table_of(keys[i]);
    seen[i] = tables_[table].insert(DedupeSlot::of(keys[i], tag), phase_of(table));
    size_ += seen[i] == Seen::is_new ? 1 : 0;
  }
}

// Sub-table by sub-table: what random access costs is the address translation, and a sub-table is
// few pages. Keys of one sub-table keep their order, and no other order can be seen from outside.
void DedupeIndex::insert_grouped(const RecordKey* keys, std::size_t count, std::uint32_t tag,
                                 Seen* seen) {
  std::vector<std::uint32_t> ends(table_count + 1);
  for (std::size_t i = 0; i < count; ++i) ++ends[table_of(keys[i]) + 1];
  for (std::size_t i = 0; i < table_count; ++i) ends[i + 1] += ends[i];
  if (grouped_.size() < count) grouped_.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    grouped_[ends[table_of(keys[i])]++] = {keys[i], static_cast<std::uint32_t>(i)};
  }
  // Now ends[t] is the end of group t.
  std::size_t at = 0;
  for (std::size_t table = 0; table < table_count; ++table) {
    SubTable& home = tables_[table];
    const std::size_t end = ends[table];
    const unsigned phase = phase_of(table);
    for (; at < end; ++at) {
      if (count - at > look_ahead) {
        const RecordKey& ahead = grouped_[at + look_ahead].key;
        tables_[table_of(ahead)].prefetch(DedupeSlot::of(ahead, tag).high);
      }
      const Seen outcome = home.insert(DedupeSlot::of(grouped_[at].key, tag), phase);
      seen[grouped_[at].position] = outcome;
      size_ += outcome == Seen::is_new ? 1 : 0;
    }
  }
}

bool DedupeIndex::erase(const RecordKey& key) {
  const bool erased = tables_[table_of(key)].erase(DedupeSlot::of(key, 0));
  size_ -= erased ? 1 : 0;
  return erased;
}

std::size_t DedupeIndex::let_go_before(std::int32_t day) {
  const std::size_t before = size_;
  // Tags are days on a circle of 4095; the newest day tells where it begins.
  const std::int64_t max_age_days = std::int64_t{newest_day_} - day;
  if (max_age_days < 0) {
    for (SubTable& table : tables_) table.clear();
    size_ = 0;
  } else if (max_age_days < DedupeSlot::tag_count) {
    for (std::size_t i = 0; i < tables_.size(); ++i) {
      size_ -= tables_[i].let_go(tag_of(newest_day_), static_cast<std::uint32_t>(max_age_days),
                                 phase_of(i));
    }
  }
  return before - size_;
}

std::size_t DedupeIndex::size() const {
  return size_;
}

std::size_t DedupeIndex::memory_bytes() const {
  std::size_t bytes = 0;
  for (const SubTable& table : tables_) bytes += table.memory_bytes();
  return bytes;
}

}  // namespace packwarden
