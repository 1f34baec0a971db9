#include "domain/business_calendar.h"

#include <date/date.h>
#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <exception>

namespace packwarden {
namespace {

using std::chrono::seconds;

constexpr std::int64_t nanos_per_second = 1'000'000'000;
constexpr int beyond_any_instant_years = 1'000;  // more than Instant holds

// Whole seconds and the rest, which is never negative.
struct Split {
  date::sys_seconds second;
  std::int64_t nanos;
};

Split split(Instant at) {
  std::int64_t whole = at.nanos / nanos_per_second;
  std::int64_t rest = at.nanos % nanos_per_second;
  if (rest < 0) {
    rest += nanos_per_second;
    --whole;
  }
  return {date::sys_seconds{seconds{whole}}, rest};
}

Instant join(date::sys_seconds second, std::int64_t nanos) {
  std::int64_t whole = second.time_since_epoch().count();
  const bool before_epoch = whole < 0;
  if (before_epoch && nanos > 0) {  // towards zero, or the product overflows before the sum
    ++whole;
    nanos -= nanos_per_second;
  }
  std::int64_t product = 0;
  if (__builtin_mul_overflow(whole, nanos_per_second, &product)) {
    return before_epoch ? Instant::earliest() : Instant::latest();
  }
  return Instant{product} + Span{nanos};
}

date::local_seconds wall_time_of(const date::time_zone& zone, date::sys_seconds at) {
  return date::local_seconds{at.time_since_epoch() + zone.get_info(at).offset};
}

// Walks the periods of constant offset in order: the first one that ends after the wall time either
// shows it (the earlier of two), or begins after it: then the wall time was skipped, and the offset
// before counts.
date::sys_seconds instant_of(const date::time_zone& zone, date::local_seconds wall) {
  constexpr auto beyond_any_offset = std::chrono::hours{26};
  const date::sys_seconds as_utc{wall.time_since_epoch()};
  date::sys_info period = zone.get_info(as_utc - beyond_any_offset);
  for (date::sys_seconds at = as_utc - period.offset; at >= period.end;
       at = as_utc - period.offset) {
    const seconds offset_before = period.offset;
    period = zone.get_info(period.end);
    if (as_utc - period.offset < period.begin) return as_utc - offset_before;
  }
  return as_utc - period.offset;
}

date::sys_seconds start_second_of(const date::time_zone& zone, std::int64_t day) {
  return instant_of(zone, date::local_seconds{seconds{day * 86'400}});
}

}  // namespace

tl::expected<BusinessCalendar, std::string> BusinessCalendar::for_zone(const std::string& name) {
  try {
    const date::time_zone* zone = date::locate_zone(name);
    zone->get_info(date::sys_seconds{});  // reads the zone's file
    return BusinessCalendar(zone);
  } catch (const std::exception&) {
    return tl::unexpected(
        "the system knows no time zone \"" + name +
        "\"; give a name such as Asia/Shanghai, and see that tzdata is installed");
  }
}

BusinessDay BusinessCalendar::day_of(Instant at) const {
  // Compared in whole seconds, since every day starts on one and none of these saturates.
  const date::sys_seconds second = split(at).second;
  std::int64_t day =
      date::floor<date::days>(wall_time_of(*zone_, second)).time_since_epoch().count();
  while (start_second_of(*zone_, day) > second) --day;
  while (start_second_of(*zone_, day + 1) <= second) ++day;
  return {static_cast<std::int32_t>(day)};
}

Instant BusinessCalendar::start_of(BusinessDay day) const {
  return join(start_second_of(*zone_, day.days_since_epoch), 0);
}

Instant BusinessCalendar::at_wall_time(BusinessDay day, Span since_midnight) const {
  const Split time = split(Instant{since_midnight.nanos});
  const date::local_days date{date::days{day.days_since_epoch}};
  return join(instant_of(*zone_, date + time.second.time_since_epoch()), time.nanos);
}

Instant BusinessCalendar::add_calendar_years(Instant at, int years) const {
  const Split time = split(at);
  const date::local_seconds wall = wall_time_of(*zone_, time.second);
  const date::local_days date = date::floor<date::days>(wall);
  years = std::clamp(years, -beyond_any_instant_years, beyond_any_instant_years);
  date::year_month_day ymd = date::year_month_day{date} + date::years{years};
  if (!ymd.ok()) ymd = date::year_month_day{ymd.year() / ymd.month() / date::last};
  return join(instant_of(*zone_, date::local_days{ymd} + (wall - date)), time.nanos);
}

std::string BusinessCalendar::wall_text(Instant at) const {
  const Split time = split(at);
  const seconds offset = zone_->get_info(time.second).offset;
  std::string text =
      date::format("%FT%T", date::local_seconds{time.second.time_since_epoch() + offset});
  if (const auto micros = time.nanos / 1'000; micros != 0) text += fmt::format(".{:06}", micros);
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(offset).count();
  return text + fmt::format("{}{:02}:{:02}", minutes < 0 ? '-' : '+', std::abs(minutes) / 60,
                            std::abs(minutes) % 60);
}

DayTable::DayTable(const BusinessCalendar& calendar, Instant from, Instant to)
    : calendar_(calendar) {
  if (from >= to) return;
  first_day_ = calendar.day_of(from);
  const BusinessDay last_day = calendar.day_of(Instant{to.nanos - 1});
  for (BusinessDay day = first_day_; day <= last_day.next(); day = day.next()) {
    starts_nanos_.push_back(calendar.start_of(day).nanos);
  }
  day_count_ = starts_nanos_.size() - 1;
  begin_nanos_ = starts_nanos_.front();
  end_nanos_ = starts_nanos_.back();
}

}  // namespace packwarden
