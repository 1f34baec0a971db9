#include "logging/log_limit.h"

#include <gmock/gmock.h>

namespace packwarden {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Event taken{"taken", "", LogLevel::info};
constexpr Event failed{"failed", "", LogLevel::warning};
constexpr Event broken{"broken", "", LogLevel::critical};

class LogLimitTest : public testing::Test {
 protected:
  int allowed(const Event& event, int lines, const char* channel = "") {
    int count = 0;
    for (int i = 0; i < lines; ++i) count += limit_.allows(event, channel, now_) ? 1 : 0;
    return count;
  }
  std::vector<std::pair<const Event*, std::uint64_t>> ended() {
    return pairs(limit_.take_ended(now_));
  }
  static std::vector<std::pair<const Event*, std::uint64_t>> pairs(
      const std::vector<LogLimit::LeftOut>& all) {
    std::vector<std::pair<const Event*, std::uint64_t>> pairs;
    for (const LogLimit::LeftOut& one : all) pairs.emplace_back(one.event, one.lines);
    return pairs;
  }

  LogLimit limit_{3, seconds(10)};
  LogLimit::Time now_;
};

TEST_F(LogLimitTest, so_many_lines_of_each_event_are_written_in_an_interval) {
  EXPECT_EQ(allowed(taken, 10), 3);
  EXPECT_EQ(allowed(failed, 2), 2);
}

TEST_F(LogLimitTest, a_channel_that_says_much_hides_nothing_of_another) {
  EXPECT_EQ(allowed(failed, 10, "sms"), 3);
  EXPECT_EQ(allowed(failed, 1, "email"), 1);
  const auto left_out = limit_.take_all();
  ASSERT_EQ(left_out.size(), 1U);
  EXPECT_EQ(left_out[0].channel, "sms");
}

TEST_F(LogLimitTest, a_critical_line_is_always_written) {
  EXPECT_EQ(allowed(broken, 1'000), 1'000);
  EXPECT_THAT(pairs(limit_.take_all()), IsEmpty());
}

TEST_F(LogLimitTest, what_was_left_out_is_told_once_and_after_the_interval) {
  allowed(taken, 10);
  now_ += seconds(10) - milliseconds(1);
  EXPECT_THAT(ended(), IsEmpty());
  now_ += milliseconds(1);
  EXPECT_THAT(ended(), ElementsAre(std::pair(&taken, 7U)));
  EXPECT_THAT(ended(), IsEmpty());
  EXPECT_EQ(allowed(taken, 10), 3);
}

TEST_F(LogLimitTest, an_interval_without_loss_ends_quietly) {
  EXPECT_EQ(allowed(taken, 3), 3);
  now_ += seconds(10);
  EXPECT_THAT(ended(), IsEmpty());
  EXPECT_EQ(allowed(taken, 3), 3);
}

TEST_F(LogLimitTest, at_the_end_all_that_was_left_out_is_told) {
  allowed(taken, 4);
  allowed(failed, 5);
  EXPECT_THAT(pairs(limit_.take_all()),
              testing::UnorderedElementsAre(std::pair(&taken, 1U), std::pair(&failed, 2U)));
  EXPECT_THAT(pairs(limit_.take_all()), IsEmpty());
}

}  // namespace
}  // namespace packwarden
