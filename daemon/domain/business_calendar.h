#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "domain/business_day.h"
#include "domain/instant.h"

namespace date {
class time_zone;
}

namespace packwarden {

// The wall clock of the business time zone. A wall time that a clock change skips takes the offset
// before it; one that comes twice is the earlier. A business day is [start_of(day),
// start_of(day.next())): days follow each other without gap or overlap whatever the clocks do, and
// a day that a zone skipped altogether is empty. Instants beyond what Instant can hold are held at
// its ends. Cheap to copy; thread-safe. Years after 2037 keep the zone's last offset of 2037 (so
// far reach the transitions in the system's zone files).
class BusinessCalendar {
 public:
  // `name` as in the system's zone files, e.g. "Asia/Shanghai". The error is one sentence for
  // people.
  static tl::expected<BusinessCalendar, std::string> for_zone(const std::string& name);

  BusinessDay day_of(Instant at) const;
  Instant start_of(BusinessDay day) const;

  // The instant at which the wall clock shows `since_midnight` (0 to less than 24 h) on `day`.
  Instant at_wall_time(BusinessDay day, Span since_midnight) const;

  // The same wall time so many years later (C2); 29 February becomes 28 February where the year has
  // none. Keeps the part of a second. `years` may be negative.
  Instant add_calendar_years(Instant at, int years) const;

  // What the wall clock shows, as RFC 3339 with its offset: "2026-11-20T20:00:00+08:00", with
  // microseconds where there are any.
  std::string wall_text(Instant at) const;

 private:
  explicit BusinessCalendar(const date::time_zone* zone) : zone_(zone) {}

  const date::time_zone* zone_;  // owned by the zone database, which lives as long as the process
};

// Answers BusinessCalendar::day_of for the instants in [from, to) from day starts reckoned
// beforehand, in about a nanosecond; all others are passed on to the calendar. 8 bytes a day.
// Immutable, thread-safe.
class DayTable {
 public:
  DayTable(const BusinessCalendar& calendar, Instant from, Instant to);

  BusinessDay day_of(Instant at) const {
    if (at.nanos < begin_nanos_ || at.nanos >= end_nanos_) return calendar_.day_of(at);
    // Days are 24 h but for clock changes, so the guess is a day off at most around these.
    const auto since_begin =
        static_cast<std::uint64_t>(at.nanos) - static_cast<std::uint64_t>(begin_nanos_);
    std::size_t day = since_begin / nanos_per_day;
    if (day >= day_count_) day = day_count_ - 1;
    while (at.nanos < starts_nanos_[day]) --day;
    while (at.nanos >= starts_nanos_[day + 1]) ++day;
    return {first_day_.days_since_epoch + static_cast<std::int32_t>(day)};
  }

 private:
  static constexpr std::uint64_t nanos_per_day = 86'400'000'000'000;

  BusinessCalendar calendar_;
  BusinessDay first_day_;
  std::int64_t begin_nanos_ = 0;  // the table answers in [begin, end)
  std::int64_t end_nanos_ = 0;
  std::size_t day_count_ = 0;
  std::vector<std::int64_t> starts_nanos_;  // of each day, and the end of the last
};

}  // namespace packwarden
