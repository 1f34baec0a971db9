#include "domain/business_calendar.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string_view>

namespace packwarden {
namespace {

constexpr Span one_nano{1};

BusinessCalendar calendar_of(const std::string& zone) {
  auto calendar = BusinessCalendar::for_zone(zone);
  if (!calendar) {
    ADD_FAILURE() << calendar.error();
    std::abort();
  }
  return *calendar;
}

BusinessDay day(std::string_view text) {
  return parse_business_day(text).value();
}

// "YYYY-MM-DD hh:mm" in UTC.
Instant utc(std::string_view text) {
  const int hours = (text[11] - '0') * 10 + (text[12] - '0');
  const int minutes = (text[14] - '0') * 10 + (text[15] - '0');
  return Instant{} + Span::days(day(text.substr(0, 10)).days_since_epoch) +
         Span::minutes(hours * 60 + minutes);
}

TEST(BusinessDay, is_written_and_read_as_a_date) {
  EXPECT_EQ(to_string(BusinessDay{0}), "1970-01-01");
  EXPECT_EQ(to_string(BusinessDay{19'590}), "2023-08-21");
  EXPECT_EQ(to_string(BusinessDay{-1}), "1969-12-31");
  EXPECT_EQ(parse_business_day("2023-08-21"), BusinessDay{19'590});
  for (const char* wrong : {"", "2023-8-21", "2023-02-29", "2023-13-01", "2023-00-10", "2023-08-2x",
                            "2023-08-211", " 2023-08-21", "2023/08/21", "-023-08-21"}) {
    EXPECT_EQ(parse_business_day(wrong), std::nullopt) << wrong;
  }
}

TEST(BusinessCalendar, refuses_a_zone_that_the_system_does_not_know) {
  for (const char* wrong : {"Asia/Shangai", "", "../etc/passwd", "Asia"}) {
    EXPECT_FALSE(BusinessCalendar::for_zone(wrong)) << wrong;
  }
}

// One row: a day starts at this instant; the nanosecond before belongs to the day before.
struct DayStart {
  const char* zone;
  const char* day;
  const char* day_before;
  const char* starts_utc;
};

class DayStarts : public testing::TestWithParam<DayStart> {};

TEST_P(DayStarts, cut_the_days_at_the_nanosecond) {
  const BusinessCalendar calendar = calendar_of(GetParam().zone);
  const Instant start = utc(GetParam().starts_utc);
  EXPECT_EQ(calendar.start_of(day(GetParam().day)), start);
  EXPECT_EQ(calendar.day_of(start), day(GetParam().day));
  EXPECT_EQ(calendar.day_of(start + one_nano), day(GetParam().day));
  EXPECT_EQ(calendar.day_of(start - one_nano), day(GetParam().day_before));
}

INSTANTIATE_TEST_SUITE_P(
    plain_and_changed, DayStarts,
    testing::Values(
        DayStart{"Asia/Shanghai", "2023-08-21", "2023-08-20", "2023-08-20 16:00"},
        DayStart{"Asia/Shanghai", "1991-04-14", "1991-04-13", "1991-04-13 16:00"},
        DayStart{"Asia/Shanghai", "1991-04-15", "1991-04-14", "1991-04-14 15:00"},  // summer time
        DayStart{"UTC", "1969-12-31", "1969-12-30", "1969-12-31 00:00"},
        DayStart{"America/New_York", "2024-03-10", "2024-03-09", "2024-03-10 05:00"},
        DayStart{"America/New_York", "2024-03-11", "2024-03-10", "2024-03-11 04:00"},  // 23 h
        DayStart{"America/New_York", "2024-11-03", "2024-11-02", "2024-11-03 04:00"},
        DayStart{"America/New_York", "2024-11-04", "2024-11-03", "2024-11-04 05:00"},  // 25 h
        DayStart{"America/New_York", "2037-07-04", "2037-07-03", "2037-07-04 04:00"}));

INSTANTIATE_TEST_SUITE_P(
    skipped_midnight_takes_the_offset_before, DayStarts,
    testing::Values(DayStart{"America/Sao_Paulo", "2018-11-04", "2018-11-03", "2018-11-04 03:00"},
                    DayStart{"America/Sao_Paulo", "2018-11-05", "2018-11-04", "2018-11-05 02:00"},
                    DayStart{"Asia/Beirut", "2022-03-27", "2022-03-26", "2022-03-26 22:00"},
                    DayStart{"Asia/Beirut", "2022-03-28", "2022-03-27", "2022-03-27 21:00"},
                    // The change skips 23:30 to 00:30: midnight is half an hour after it.
                    DayStart{"America/Toronto", "1919-03-31", "1919-03-30", "1919-03-31 05:00"},
                    // 30 December 2011 was skipped altogether.
                    DayStart{"Pacific/Apia", "2011-12-31", "2011-12-29", "2011-12-30 10:00"}));

INSTANTIATE_TEST_SUITE_P(
    doubled_midnight_is_the_earlier, DayStarts,
    testing::Values(DayStart{"America/Havana", "2022-11-06", "2022-11-05", "2022-11-06 04:00"},
                    DayStart{"America/Havana", "2022-11-07", "2022-11-06", "2022-11-07 05:00"},
                    // 23:00 to 24:00 comes twice, midnight once.
                    DayStart{"America/Sao_Paulo", "2018-02-18", "2018-02-17", "2018-02-18 03:00"},
                    // At 00:01 back to 23:01: what comes after midnight stays in the new day.
                    DayStart{"America/St_Johns", "2006-10-29", "2006-10-28", "2006-10-29 02:30"}));

TEST(BusinessCalendar, a_day_that_has_begun_goes_on_where_the_clock_falls_back_over_midnight) {
  const BusinessCalendar calendar = calendar_of("America/St_Johns");
  EXPECT_EQ(calendar.day_of(utc("2006-10-29 02:45")), day("2006-10-29"));  // the wall shows 23:15
}

TEST(BusinessCalendar, resolves_skipped_and_doubled_wall_times) {
  const BusinessCalendar calendar = calendar_of("America/New_York");
  const Span half_past_two = Span::minutes(150);
  const Span half_past_one = Span::minutes(90);
  EXPECT_EQ(calendar.at_wall_time(day("2024-03-10"), half_past_two), utc("2024-03-10 07:30"));
  EXPECT_EQ(calendar.at_wall_time(day("2024-11-03"), half_past_one), utc("2024-11-03 05:30"));
  EXPECT_EQ(calendar.at_wall_time(day("2024-11-03"), half_past_two), utc("2024-11-03 07:30"));
}

TEST(BusinessCalendar, C2_adds_calendar_years_on_the_wall_clock) {
  struct Row {
    const char* zone;
    const char* from;
    int years;
    const char* to;
  };
  const Row rows[] = {
      {"Asia/Shanghai", "2023-08-20 16:00", 1, "2024-08-20 16:00"},
      {"Asia/Shanghai", "2024-02-29 04:00", 1, "2025-02-28 04:00"},
      {"Asia/Shanghai", "2024-02-29 04:00", 4, "2028-02-29 04:00"},
      {"Asia/Shanghai", "2024-02-28 16:00", 1, "2025-02-27 16:00"},  // 29 February in Shanghai
      {"Asia/Shanghai", "2024-02-29 16:00", 1, "2025-02-28 16:00"},  // 1 March in Shanghai
      {"Asia/Shanghai", "2025-02-28 04:00", -1, "2024-02-28 04:00"},
      {"America/New_York", "2023-03-10 17:00", 1, "2024-03-10 16:00"},  // noon stays noon
      {"America/New_York", "2023-03-10 07:30", 1, "2024-03-10 07:30"},  // 02:30 is skipped
      {"America/New_York", "2023-11-03 05:30", 1, "2024-11-03 05:30"},  // 01:30 comes twice
  };
  for (const Row& row : rows) {
    const BusinessCalendar calendar = calendar_of(row.zone);
    for (const Span below_a_second : {Span{0}, Span{1}, Span{999'999'999}}) {
      EXPECT_EQ(calendar.add_calendar_years(utc(row.from) + below_a_second, row.years),
                utc(row.to) + below_a_second)
          << row.zone << " " << row.from;
    }
  }
}

TEST(BusinessCalendar, keeps_the_part_of_a_second_before_1970) {
  const BusinessCalendar calendar = calendar_of("UTC");
  EXPECT_EQ(calendar.add_calendar_years(utc("1960-01-01 00:00") - one_nano, 1),
            utc("1961-01-01 00:00") - one_nano);
}

TEST(BusinessCalendar, holds_what_is_beyond_an_instant_at_its_ends) {
  const BusinessCalendar calendar = calendar_of("Asia/Shanghai");
  EXPECT_EQ(calendar.add_calendar_years(Instant::latest(), 1), Instant::latest());
  EXPECT_EQ(calendar.add_calendar_years(utc("2023-08-21 00:00"), 2'000'000'000), Instant::latest());
  EXPECT_EQ(calendar.add_calendar_years(Instant::earliest(), -1), Instant::earliest());
  EXPECT_EQ(calendar.add_calendar_years(Instant::earliest(), 0), Instant::earliest());
  EXPECT_EQ(calendar.start_of(calendar.day_of(Instant::earliest())), Instant::earliest());
  EXPECT_EQ(calendar.start_of(calendar.day_of(Instant::latest()).next()), Instant::latest());
}

class DayTables : public testing::TestWithParam<const char*> {};

TEST_P(DayTables, equal_the_calendar_on_random_instants) {
  const BusinessCalendar calendar = calendar_of(GetParam());
  const Instant from = utc("2010-01-17 09:00");
  const Instant to = utc("2026-06-05 11:00");
  const DayTable table(calendar, from, to);
  std::mt19937_64 random(20'230'821);
  // A year on each side is beyond the table.
  std::uniform_int_distribution<std::int64_t> anywhere((from - Span::days(365)).nanos,
                                                       (to + Span::days(365)).nanos);
  for (int i = 0; i < 20'000; ++i) {
    const Instant at{anywhere(random)};
    ASSERT_EQ(table.day_of(at), calendar.day_of(at)) << at.nanos;
  }
}

TEST_P(DayTables, equal_the_calendar_at_each_day_start) {
  const BusinessCalendar calendar = calendar_of(GetParam());
  const Instant from = utc("2010-01-17 09:00");
  const Instant to = utc("2026-06-05 11:00");
  const DayTable table(calendar, from, to);
  for (BusinessDay at = day("2010-01-10"); at < day("2026-06-12"); at = at.next()) {
    const Instant start = calendar.start_of(at);
    for (const Instant near : {start - one_nano, start, start + one_nano}) {
      ASSERT_EQ(table.day_of(near), calendar.day_of(near)) << to_string(at);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(zones, DayTables,
                         testing::Values("Asia/Shanghai", "America/New_York", "America/Sao_Paulo",
                                         "America/Havana", "America/St_Johns", "Pacific/Apia",
                                         "Asia/Beirut", "Africa/Casablanca"));

TEST(DayTable, asks_the_calendar_where_its_range_is_empty) {
  const BusinessCalendar calendar = calendar_of("Asia/Shanghai");
  const Instant at = utc("2023-08-20 16:00");
  EXPECT_EQ(DayTable(calendar, at, at).day_of(at), day("2023-08-21"));
  EXPECT_EQ(DayTable(calendar, at, at - one_nano).day_of(at - one_nano), day("2023-08-20"));
}

TEST(DayTable, answers_up_to_the_ends_of_instant) {
  const BusinessCalendar calendar = calendar_of("America/New_York");
  const DayTable begin(calendar, Instant::earliest(), Instant::earliest() + Span::days(3));
  const DayTable end(calendar, Instant::latest() - Span::days(3), Instant::latest());
  EXPECT_EQ(begin.day_of(Instant::earliest()), calendar.day_of(Instant::earliest()));
  EXPECT_EQ(end.day_of(Instant::latest()), calendar.day_of(Instant::latest()));
  EXPECT_EQ(end.day_of(Instant::latest() - one_nano), calendar.day_of(Instant::latest()));
}

TEST(BusinessCalendar, wall_text_is_rfc_3339_with_the_offset_of_the_wall_clock) {
  EXPECT_EQ(calendar_of("Asia/Shanghai").wall_text(utc("2026-11-20 16:00")),
            "2026-11-21T00:00:00+08:00");
  EXPECT_EQ(calendar_of("Asia/Shanghai").wall_text(utc("2026-11-20 16:00") + Span{1'500'999}),
            "2026-11-21T00:00:00.001500+08:00");
  EXPECT_EQ(calendar_of("America/New_York").wall_text(utc("2026-11-01 05:59")),
            "2026-11-01T01:59:00-04:00");
  EXPECT_EQ(calendar_of("America/New_York").wall_text(utc("2026-11-01 06:00")),
            "2026-11-01T01:00:00-05:00");
  EXPECT_EQ(calendar_of("Asia/Kolkata").wall_text(utc("2026-11-20 16:00")),
            "2026-11-20T21:30:00+05:30");
}

}  // namespace
}  // namespace packwarden
