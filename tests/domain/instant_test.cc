#include "domain/instant.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <string>

namespace packwarden {
namespace {

tl::expected<Instant, const char*> parse(const std::string& text) {
  return parse_rfc3339(text.data(), text.data() + text.size());
}

TEST(U2, time_is_read_to_the_nanosecond) {
  struct {
    const char* text;
    std::int64_t nanos;
  } const table[] = {
      {"1970-01-01T00:00:00Z", 0},
      {"1970-01-01t00:00:00z", 0},
      {"1970-01-01 00:00:00Z", 0},
      {"1970-01-01T00:00:00.000000001Z", 1},
      {"1969-12-31T23:59:59.999999999Z", -1},
      {"1970-01-01T00:00:00.5Z", 500'000'000},
      {"1970-01-01T00:00:00.123456Z", 123'456'000},
      {"1970-01-01T08:00:00+08:00", 0},
      {"1969-12-31T16:00:00-08:00", 0},
      {"1970-01-01T00:00:00-00:00", 0},
      {"1970-01-01T23:59:00+23:59", 0},
      {"1969-12-31T00:01:00-23:59", 0},
      {"2000-02-29T00:00:00Z", 951'782'400'000'000'000},
      {"2024-02-29T12:34:56.789Z", 1'709'210'096'789'000'000},
      {"2026-11-22T22:07:57.123456Z", 1'795'385'277'123'456'000},
  };
  for (const auto& row : table) {
    const auto instant = parse(row.text);
    ASSERT_TRUE(instant) << row.text << ": " << instant.error();
    EXPECT_EQ(instant->nanos, row.nanos) << row.text;
  }
}

TEST(U2, time_that_is_no_instant_is_refused) {
  const char* const table[] = {
      "",
      "2026-11-22",
      "2026-11-22T22:07:57",
      "2026-11-22T22:07:57.1",
      "2026-11-22T22:07Z",
      "2026-11-22T22:07:57.Z",
      "2026-11-22T22:07:57,1Z",
      "2026-11-22T22:07:57.1234567890Z",
      "2026-11-22T22:07:57.12345678901Z",
      "2026-11-22T22:07:57.12 Z",
      "2026-11-22T22:07:57 Z",
      "2026-11-22T22:07:57ZZ",
      "2026-11-22T22:07:57Z ",
      " 2026-11-22T22:07:57Z",
      "2026-11-22_22:07:57Z",
      "2026/11/22T22:07:57Z",
      "2026-11-22T22-07:57Z",
      "2026-11-22T22:07-57Z",
      "2026-00-22T22:07:57Z",
      "2026-13-22T22:07:57Z",
      "2026-99-22T22:07:57Z",
      "2026-11-00T22:07:57Z",
      "2026-11-31T22:07:57Z",
      "2026-02-29T22:07:57Z",
      "2000-02-30T22:07:57Z",
      "1900-02-29T22:07:57Z",
      "2100-02-29T22:07:57Z",
      "2026-11-22T24:00:00Z",
      "2026-11-22T22:60:57Z",
      "2026-11-22T22:07:60Z",
      "2026-11-22T22:07:57+24:00",
      "2026-11-22T22:07:57+08:60",
      "2026-11-22T22:07:57+0800",
      "2026-11-22T22:07:57+08",
      "2026-11-22T22:07:57+08:0",
      "2026-11-22T22:07:57+08:000",
      "2026-11-22T22:07:57*08:00",
      "2026-11-22T22:07:57+08.00",
      "2026-11-22T22:07:57+-8:00",
      "+026-11-22T22:07:57Z",
      "20a6-11-22T22:07:57Z",
      "2026- 1-22T22:07:57Z",
      "2026-11-22T22:07:5:Z",
      "2026-11-22T22:07:57.1-2Z",
  };
  for (const char* text : table) {
    const auto instant = parse(text);
    EXPECT_FALSE(instant) << text;
    if (!instant) {
      EXPECT_STRNE(instant.error(), "") << text;
    }
  }
}

TEST(U2, every_byte_of_a_time_counts) {
  const std::string good = "2026-11-22T22:07:57.25+08:00";
  ASSERT_TRUE(parse(good));
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const char wrong : {'x', '/', ':', '\0', '\xff'}) {
      if (good[i] == wrong) continue;
      std::string text = good;
      text[i] = wrong;
      EXPECT_FALSE(parse(text)) << text;
    }
  }
}

TEST(U2, time_beyond_the_range_is_held_at_the_nearest_end) {
  struct {
    const char* text;
    Instant instant;
  } const table[] = {
      {"0000-01-01T00:00:00Z", Instant::earliest()},
      {"0000-01-01T00:00:00+23:59", Instant::earliest()},
      {"1677-09-21T00:12:43.145224191Z", Instant::earliest()},
      {"1677-09-21T00:12:43.145224192Z", Instant::earliest()},
      {"1677-09-21T00:12:43.145224193Z", {Instant::earliest().nanos + 1}},
      {"2262-04-11T23:47:16.854775806Z", {Instant::latest().nanos - 1}},
      {"2262-04-11T23:47:16.854775807Z", Instant::latest()},
      {"2262-04-11T23:47:16.854775808Z", Instant::latest()},
      {"9999-12-31T23:59:59.999999999-23:59", Instant::latest()},
  };
  for (const auto& row : table) {
    const auto instant = parse(row.text);
    ASSERT_TRUE(instant) << row.text << ": " << instant.error();
    EXPECT_EQ(instant->nanos, row.instant.nanos) << row.text;
  }
}

TEST(U2, every_day_of_the_range_is_the_day_of_the_calendar) {
  using namespace std::chrono;
  for (sys_days day = 1678y / January / 1; day < sys_days{2262y / January / 1}; day += days{1}) {
    const Instant noon =
        Instant{} + Span::days(day.time_since_epoch().count()) + Span::minutes(720);
    const year_month_day date{day};
    char text[32];
    const int size = snprintf(text, sizeof text, "%04d-%02u-%02uT12:00:00Z", int(date.year()),
                              unsigned(date.month()), unsigned(date.day()));
    const auto instant = parse_rfc3339(text, text + size);
    ASSERT_TRUE(instant) << text;
    ASSERT_EQ(instant->nanos, noon.nanos) << text;
  }
}

TEST(U2, time_written_is_read_as_the_same) {
  EXPECT_EQ(to_rfc3339({0}), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(to_rfc3339({-1}), "1969-12-31T23:59:59.999999Z");  // rounded down
  EXPECT_EQ(to_rfc3339({1'795'385'277'123'456'789}), "2026-11-22T22:07:57.123456Z");
  EXPECT_EQ(to_rfc3339(Instant::earliest()), "1677-09-21T00:12:43.145224Z");
  EXPECT_EQ(to_rfc3339(Instant::latest()), "2262-04-11T23:47:16.854775Z");
  std::mt19937_64 random(20261122);
  for (int i = 0; i < 10'000; ++i) {
    const Instant at{static_cast<std::int64_t>(random()) / 1000 * 1000};
    const auto again = parse(to_rfc3339(at));
    ASSERT_TRUE(again) << to_rfc3339(at);
    ASSERT_EQ(again->nanos, at.nanos);
  }
}

}  // namespace
}  // namespace packwarden
