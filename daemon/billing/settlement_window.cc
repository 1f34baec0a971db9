#include "billing/settlement_window.h"

#include <algorithm>

namespace packwarden {
namespace {

constexpr std::int64_t nanos_per_second = 1'000'000'000;

std::int64_t whole_seconds(Instant from, Instant to) {
  return (to.nanos - from.nanos) / nanos_per_second;
}

}  // namespace

Instant settlement_start(BusinessDay day, const BusinessCalendar& calendar) {
  return calendar.at_wall_time(day.next(), settlement_begin);
}

std::int64_t charge_offset_s(AccountId account, std::int64_t spread_s) {
  constexpr std::uint64_t golden = 2'654'435'761;  // Knuth's multiplier: ids in a row lie far apart
  const std::uint64_t hash = (value_of(account) * golden) & 0xFFFFFFFFU;
  return static_cast<std::int64_t>((hash * static_cast<std::uint64_t>(spread_s)) >> 32U);
}

std::vector<DueDay> due_days(std::optional<Instant> done_until,
                             std::optional<BusinessDay> first_open_day, Instant now,
                             std::int64_t spread_s, const BusinessCalendar& calendar) {
  std::vector<DueDay> days;
  BusinessDay day;
  if (done_until) {
    // The day before that of done_until may still be in its window.
    day = {calendar.day_of(*done_until).days_since_epoch - 2};
  } else if (first_open_day) {
    day = *first_open_day;
  } else {
    return days;
  }
  for (; settlement_start(day, calendar) <= now; day = day.next()) {
    const Instant start = settlement_start(day, calendar);
    DueDay due{day, -1, 0, now};
    if (done_until && *done_until >= start) due.after_s = whole_seconds(start, *done_until);
    due.upto_s = std::min(whole_seconds(start, now), spread_s);
    if (due.upto_s <= due.after_s) continue;
    due.done_until = std::min(now, start + Span{spread_s * nanos_per_second});
    days.push_back(due);
  }
  return days;
}

}  // namespace packwarden
