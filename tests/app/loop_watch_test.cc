#include "app/loop_watch.h"

#include <gtest/gtest.h>

namespace packwarden {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class LoopWatchTest : public testing::Test {
 protected:
  std::chrono::steady_clock::time_point now_{seconds(1'000)};
  LoopWatch watch_{seconds(10), [this] { return now_; }};

  bool look_after(seconds passed) {
    now_ += passed;
    return watch_.look();
  }
};

TEST_F(LoopWatchTest, all_loops_must_beat_before_the_watchdog_is_fed_again) {
  LoopWatch::Loop ingest(watch_, "ingest");
  LoopWatch::Loop jobs(watch_, "jobs");
  EXPECT_TRUE(look_after(seconds(1)));
  ingest.beat();
  EXPECT_FALSE(look_after(seconds(1)));
  EXPECT_FALSE(look_after(seconds(1)));
  jobs.beat();
  EXPECT_TRUE(look_after(seconds(1)));
  EXPECT_FALSE(look_after(seconds(1)));
}

TEST_F(LoopWatchTest, beats_at_different_times_feed_it_together) {
  LoopWatch::Loop ingest(watch_, "ingest");
  LoopWatch::Loop jobs(watch_, "jobs");
  EXPECT_TRUE(look_after(seconds(1)));
  jobs.beat();
  EXPECT_FALSE(look_after(seconds(1)));
  EXPECT_FALSE(look_after(seconds(30)));
  ingest.beat();
  EXPECT_TRUE(look_after(seconds(1)));
}

TEST_F(LoopWatchTest, a_loop_that_rests_is_alive_for_as_long_as_it_said) {
  LoopWatch::Loop jobs(watch_, "jobs");
  EXPECT_TRUE(look_after(seconds(1)));
  jobs.rest(seconds(100));
  for (int i = 0; i < 9; ++i) EXPECT_TRUE(look_after(seconds(10)));
  EXPECT_TRUE(watch_.standing_still(milliseconds(1)).empty());
  EXPECT_FALSE(look_after(seconds(15)));  // 5 s late
  const auto still = watch_.standing_still(milliseconds(1));
  ASSERT_EQ(still.size(), 1U);
  EXPECT_EQ(still[0].lasts, seconds(5));
  EXPECT_EQ(still[0].step, "waking up");
}

TEST_F(LoopWatchTest, a_loop_that_woke_up_is_watched_again) {
  LoopWatch::Loop jobs(watch_, "jobs");
  jobs.rest(seconds(1'000));
  EXPECT_TRUE(look_after(seconds(1)));
  jobs.step("settle");
  EXPECT_TRUE(look_after(seconds(1)));
  EXPECT_FALSE(look_after(seconds(1)));
}

TEST_F(LoopWatchTest, who_stands_still_and_where_can_be_asked) {
  LoopWatch::Loop ingest(watch_, "ingest");
  LoopWatch::Loop jobs(watch_, "jobs");
  ingest.step("committing");
  look_after(seconds(1));
  for (int i = 0; i < 5; ++i) {
    jobs.beat();
    look_after(seconds(3));
  }
  const auto still = watch_.standing_still(seconds(10));
  ASSERT_EQ(still.size(), 1U);
  EXPECT_EQ(still[0].loop, "ingest");
  EXPECT_EQ(still[0].step, "committing");
  EXPECT_EQ(still[0].lasts, seconds(15));
  ingest.beat();
  look_after(seconds(1));
  EXPECT_TRUE(watch_.standing_still(seconds(10)).empty());
}

TEST_F(LoopWatchTest, a_loop_that_is_gone_is_not_waited_for) {
  LoopWatch::Loop ingest(watch_, "ingest");
  {
    LoopWatch::Loop sampler(watch_, "sampler");
    look_after(seconds(1));
    ingest.beat();
    EXPECT_FALSE(look_after(seconds(1)));
  }
  EXPECT_TRUE(look_after(seconds(1)));
}

}  // namespace
}  // namespace packwarden
