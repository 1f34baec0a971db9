#include "domain/quiet_hours.h"

#include <gtest/gtest.h>

namespace packwarden {
namespace {

Instant at(const char* text) {
  return parse_rfc3339(text, text + std::string_view(text).size()).value();
}

std::string end_of(const char* hours, const char* instant, const char* zone = "Asia/Shanghai") {
  const BusinessCalendar calendar = BusinessCalendar::for_zone(zone).value();
  const auto end = QuietHours::parse(hours).value().end_at(at(instant), calendar);
  return end ? calendar.wall_text(*end) : "not quiet";
}

TEST(QuietHours, N7_end_in_the_morning_after_they_began) {
  EXPECT_EQ(end_of("22:00-08:00", "2026-11-20T21:59:59+08:00"), "not quiet");
  EXPECT_EQ(end_of("22:00-08:00", "2026-11-20T22:00:00+08:00"), "2026-11-21T08:00:00+08:00");
  EXPECT_EQ(end_of("22:00-08:00", "2026-11-21T07:59:59+08:00"), "2026-11-21T08:00:00+08:00");
  EXPECT_EQ(end_of("22:00-08:00", "2026-11-21T08:00:00+08:00"), "not quiet");
}

TEST(QuietHours, N7_may_lie_within_a_day) {
  EXPECT_EQ(end_of("12:00-13:30", "2026-11-20T12:45:00+08:00"), "2026-11-20T13:30:00+08:00");
  EXPECT_EQ(end_of("12:00-13:30", "2026-11-20T23:00:00+08:00"), "not quiet");
}

TEST(QuietHours, N7_follow_the_wall_clock_over_a_clock_change) {
  // In New York the clocks go back at 02:00 on 1 November 2026.
  EXPECT_EQ(end_of("22:00-08:00", "2026-10-31T23:00:00-04:00", "America/New_York"),
            "2026-11-01T08:00:00-05:00");
}

TEST(QuietHours, are_two_different_times_of_day) {
  for (const char* wrong : {"", "22:00", "22:00-22:00", "24:00-08:00", "22:60-08:00", "22-08",
                            "2a:00-08:00", "22:00-08:00 "}) {
    EXPECT_FALSE(QuietHours::parse(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace packwarden
