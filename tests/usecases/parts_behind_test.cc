#include "usecases/parts_behind.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <stdexcept>

namespace packwarden {
namespace {

constexpr std::chrono::seconds long_enough{10};

TEST(PartsBehindTest, O6_commit_one_behind_the_other) {
  std::mutex mutex;
  std::vector<std::size_t> order;
  PartsBehind parts(3, [&](std::size_t i, const PartsBehind::Turn& turn) {
    if (!turn()) return false;
    const std::lock_guard lock(mutex);
    order.push_back(i);
    return true;
  });
  parts.wait_until_written(long_enough);
  EXPECT_TRUE(order.empty());
  EXPECT_EQ(parts.commit(), 3U);
  EXPECT_EQ(order, (std::vector<std::size_t>{0, 1, 2}));
}

TEST(PartsBehindTest, O6_those_behind_one_that_gives_up_give_up) {
  PartsBehind parts(3,
                    [](std::size_t i, const PartsBehind::Turn& turn) { return turn() && i != 1; });
  parts.wait_until_written(long_enough);
  EXPECT_EQ(parts.commit(), 1U);
}

// The first one does not wait for a part that is late, and the part commits nothing.
TEST(PartsBehindTest, O6_a_part_that_is_not_written_in_time_gives_up) {
  std::promise<void> goes_on;
  auto may_go_on = goes_on.get_future().share();
  PartsBehind parts(2, [&](std::size_t i, const PartsBehind::Turn& turn) {
    if (i == 0) may_go_on.wait();
    return turn();
  });
  parts.wait_until_written(std::chrono::milliseconds(0));
  goes_on.set_value();
  EXPECT_EQ(parts.commit(), 0U);
}

// The answer to the COMMIT of the first one is lost, and it comes back for the sequence: whoever
// has that may wait for rows of a part.
TEST(PartsBehindTest, O6_a_part_whose_turn_does_not_come_gives_up_by_itself) {
  std::promise<bool> end;
  PartsBehind parts(1, [&](std::size_t, const PartsBehind::Turn& turn) {
    const bool may_commit = turn();
    end.set_value(may_commit);
    return may_commit;
  });
  parts.wait_until_written(long_enough);
  auto ended = end.get_future();
  ASSERT_EQ(ended.wait_for(long_enough), std::future_status::ready);
  EXPECT_FALSE(ended.get());
  EXPECT_EQ(parts.commit(), 0U);
}

TEST(PartsBehindTest, O6_what_a_part_throws_comes_out_once_all_have_ended) {
  std::atomic<int> ended = 0;
  PartsBehind parts(2, [&](std::size_t i, const PartsBehind::Turn& turn) {
    if (i == 0) throw std::runtime_error("the disk is full");
    const bool may_commit = turn();
    ++ended;
    return may_commit;
  });
  parts.wait_until_written(long_enough);
  EXPECT_THROW(parts.commit(), std::runtime_error);
  EXPECT_EQ(ended, 1);
}

}  // namespace
}  // namespace packwarden
