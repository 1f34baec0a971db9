#include "domain/quiet_hours.h"

namespace packwarden {
namespace {

// "HH:MM" as the minute of the day; -1 where it is none.
int minute_of(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return -1;
  for (const std::size_t i : {0U, 1U, 3U, 4U}) {
    if (text[i] < '0' || text[i] > '9') return -1;
  }
  const int hour = (text[0] - '0') * 10 + (text[1] - '0');
  const int minute = (text[3] - '0') * 10 + (text[4] - '0');
  return hour < 24 && minute < 60 ? hour * 60 + minute : -1;
}

}  // namespace

std::optional<QuietHours> QuietHours::parse(std::string_view text) {
  if (text.size() != 11 || text[5] != '-') return std::nullopt;
  const int from = minute_of(text.substr(0, 5));
  const int to = minute_of(text.substr(6));
  if (from < 0 || to < 0 || from == to) return std::nullopt;
  return QuietHours(from, to);
}

std::optional<Instant> QuietHours::end_at(Instant at, const BusinessCalendar& calendar) const {
  const BusinessDay today = calendar.day_of(at);
  // Those that began yesterday, if they go over midnight, and those of today.
  for (const int day_offset : {-1, 0}) {
    const BusinessDay day{today.days_since_epoch + day_offset};
    const Instant begin = calendar.at_wall_time(day, Span::minutes(from_minute_));
    const BusinessDay last = to_minute_ <= from_minute_ ? day.next() : day;
    const Instant end = calendar.at_wall_time(last, Span::minutes(to_minute_));
    if (begin <= at && at < end) return end;
  }
  return std::nullopt;
}

}  // namespace packwarden
