#include "dedupe/dedupe_index.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "dedupe/model_index.h"

namespace packwarden {
namespace {

using Random = std::mt19937_64;
constexpr std::int32_t today = 20'000;
constexpr std::uint64_t all_ones = std::numeric_limits<std::uint64_t>::max();

std::uint64_t below(Random& random, std::uint64_t bound) {
  return random() % bound;
}
std::uint32_t low_of(std::uint64_t value) {
  return static_cast<std::uint32_t>(value);
}

struct Shape {
  std::string name;
  std::function<RecordKey(Random&)> key;
  int steps = 600;
  std::size_t most_at_once = 400;

  friend void PrintTo(const Shape& shape, std::ostream* out) { *out << shape.name; }
};

// Identities such that all that is rare with honest hashes happens all the time.
std::vector<Shape> shapes() {
  return {
      {"few_identities_everywhere",
       [](Random& r) {
         return RecordKey{below(r, 3000) * (all_ones / 3000), 7, low_of(below(r, 2))};
       }},
      {"one_sub_table_spread_out",
       [](Random& r) {
         return RecordKey{0xABCULL << 52 | below(r, 20'000) << 30, low_of(below(r, 2)), 5};
       }},
      {"one_home_differs_in_last_20_bits",
       [](Random& r) {
         return RecordKey{0x123456789ULL << 28, low_of(below(r, 2000)), 1};
       }},
      {"one_home_differs_in_bits_64_to_95",
       [](Random& r) {
         return RecordKey{42, low_of(below(r, 3000) << 20 | below(r, 2)), low_of(below(r, 2))};
       }},
      {"last_home_of_a_sub_table",
       [](Random& r) {
         return RecordKey{all_ones - below(r, 50), low_of(r() | 0xFFFF0000), 3};
       }},
      {"all_ones",
       [](Random& r) {
         return RecordKey{all_ones, low_of(all_ones - below(r, 40)),
                          low_of(all_ones - below(r, 2))};
       }},
      {"zeros",
       [](Random& r) {
         return RecordKey{below(r, 3), low_of(below(r, 3)), low_of(below(r, 3))};
       }},
      {"two_ends_of_one_sub_table",
       [](Random& r) {
         const std::uint64_t offset = below(r, 3000);
         return RecordKey{77ULL << 52 | (r() % 2 == 0 ? offset : (1ULL << 52) - 1 - offset), 0, 0};
       }},
      {"large_enough_to_be_grouped",
       [](Random& r) {
         const std::uint64_t which = below(r, 400'000);
         return RecordKey{which * 0x9E3779B97F4A7C15, low_of(which), low_of(below(r, 8) / 7)};
       },
       40, 40'000},
  };
}

class SideBySide : public testing::TestWithParam<Shape> {
 protected:
  void insert_many() {
    std::vector<RecordKey> keys(1 + below(random_, GetParam().most_at_once));
    for (RecordKey& key : keys) key = GetParam().key(random_);
    std::vector<Seen> seen(keys.size());
    index_.insert_all(keys.data(), keys.size(), day_, seen.data());
    for (std::size_t i = 0; i < keys.size(); ++i) {
      ASSERT_EQ(seen[i], model_.insert(keys[i], day_)) << i;
    }
  }

  void insert_one() {
    const RecordKey key = GetParam().key(random_);
    ASSERT_EQ(index_.insert(key, day_), model_.insert(key, day_));
  }

  void erase_some() {
    for (std::uint64_t i = below(random_, GetParam().most_at_once); i > 0; --i) {
      const RecordKey key = GetParam().key(random_);
      ASSERT_EQ(index_.erase(key), model_.erase(key));
    }
  }

  void let_go() {
    const std::int32_t day = day_ + 1 - static_cast<std::int32_t>(below(random_, 8));
    ASSERT_EQ(index_.let_go_before(day), model_.let_go_before(day));
  }

  void all_is_held() {
    for (const RecordKey& key : model_.keys()) {
      ASSERT_EQ(index_.insert(key, day_), Seen::duplicate);
    }
  }

  Random random_{20'261'122};
  std::int32_t day_ = today;
  DedupeIndex index_;
  ModelIndex model_;
};

TEST_P(SideBySide, U3_index_says_what_the_model_says) {
  for (int step = 0; step < GetParam().steps; ++step) {
    SCOPED_TRACE(step);
    switch (below(random_, 12)) {
      case 0:
        day_ += static_cast<std::int32_t>(below(random_, 3));
        break;
      case 1:
        let_go();
        break;
      case 2:
      case 3:
      case 4:
        erase_some();
        break;
      case 5:
      case 6:
      case 7:
        insert_one();
        break;
      default:
        insert_many();
    }
    if (HasFatalFailure()) return;
    ASSERT_EQ(index_.size(), model_.size());
  }
  all_is_held();
}

INSTANTIATE_TEST_SUITE_P(U3, SideBySide, testing::ValuesIn(shapes()),
                         [](const auto& tested) { return tested.param.name; });

TEST(U3, the_first_content_stands) {
  DedupeIndex index;
  EXPECT_EQ(index.insert({1, 2, 3}, today), Seen::is_new);
  EXPECT_EQ(index.insert({1, 2, 3}, today + 1), Seen::duplicate);
  EXPECT_EQ(index.insert({1, 2, 4}, today), Seen::conflict);
  EXPECT_EQ(index.insert({1, 2, 4}, today), Seen::conflict);
  EXPECT_EQ(index.insert({1, 2, 3}, today), Seen::duplicate);
  EXPECT_EQ(index.size(), 1U);
}

TEST(U3, each_of_the_96_bits_of_an_identity_counts) {
  DedupeIndex index;
  ASSERT_EQ(index.insert({0, 0, 0}, today), Seen::is_new);
  for (int bit = 0; bit < 64; ++bit) {
    EXPECT_EQ(index.insert({std::uint64_t{1} << bit, 0, 0}, today), Seen::is_new) << bit;
  }
  for (int bit = 0; bit < 32; ++bit) {
    EXPECT_EQ(index.insert({0, std::uint32_t{1} << bit, 0}, today), Seen::is_new) << bit;
    EXPECT_EQ(index.insert({0, 0, std::uint32_t{1} << bit}, today), Seen::conflict) << bit;
  }
}

TEST(U3, a_key_that_is_erased_is_new_again) {
  DedupeIndex index;
  index.insert({1, 2, 3}, today);
  EXPECT_FALSE(index.erase({1, 2, 4})) << "other content is another record";
  EXPECT_FALSE(index.erase({1, 1, 3}));
  EXPECT_TRUE(index.erase({1, 2, 3}));
  EXPECT_FALSE(index.erase({1, 2, 3}));
  EXPECT_EQ(index.insert({1, 2, 4}, today), Seen::is_new);
}

TEST(U3, days_before_the_floor_are_let_go_wherever_the_tags_wrap) {
  for (const std::int32_t newest : {0, 5, 4094, 4095, 4096, 8190, 20'474, 20'475, 20'476, -1}) {
    SCOPED_TRACE(newest);
    DedupeIndex index;
    for (std::uint32_t age = 0; age <= 4000; ++age) {
      index.insert({std::uint64_t{age} << 51, age, 0}, newest - static_cast<std::int32_t>(age));
    }
    EXPECT_EQ(index.let_go_before(newest - 4000), 0U);
    EXPECT_EQ(index.let_go_before(newest - 36), 4000U - 36);
    EXPECT_EQ(index.insert({std::uint64_t{36} << 51, 36, 0}, newest), Seen::duplicate);
    EXPECT_EQ(index.insert({std::uint64_t{37} << 51, 37, 0}, newest), Seen::is_new);
    EXPECT_EQ(index.let_go_before(newest + 1), 38U);
    EXPECT_EQ(index.size(), 0U);
  }
}

TEST(U3, memory_is_lazy_stays_below_20_bytes_a_key_and_is_given_back) {
  DedupeIndex index;
  EXPECT_EQ(index.memory_bytes(), 0U);
  Random random{1};
  std::vector<RecordKey> keys(4'000'000);
  std::vector<Seen> seen(keys.size());
  for (RecordKey& key : keys) key = {random(), low_of(random()), 0};
  index.insert_all(keys.data(), keys.size() / 4 * 3, today, seen.data());
  index.insert_all(keys.data() + keys.size() / 4 * 3, keys.size() / 4, today + 1, seen.data());
  EXPECT_LE(index.memory_bytes(), 20 * keys.size());
  EXPECT_EQ(index.let_go_before(today + 1), keys.size() / 4 * 3);
  EXPECT_LE(index.memory_bytes(), 22 * keys.size() / 4) << "some more where sub-tables are small";
  EXPECT_EQ(index.let_go_before(today + 2), keys.size() / 4);
  EXPECT_EQ(index.memory_bytes(), 0U);
}

TEST(U3, nothing_asked_of_an_empty_index_is_found) {
  DedupeIndex index;
  index.insert_all(nullptr, 0, today, nullptr);
  EXPECT_FALSE(index.erase({1, 2, 3}));
  EXPECT_EQ(index.let_go_before(today), 0U);
  EXPECT_EQ(index.size(), 0U);
}

}  // namespace
}  // namespace packwarden
