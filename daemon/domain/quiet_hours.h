#pragma once

#include <optional>
#include <string_view>

#include "domain/business_calendar.h"

namespace packwarden {

// N7: from one time of day to another, on the wall clock of the business time zone; over midnight
// where the end is not after the begin. Pure; thread-safe.
class QuietHours {
 public:
  // "22:00-08:00"; nullopt where it is no such text, or both times are the same.
  static std::optional<QuietHours> parse(std::string_view text);

  // When the quiet hours in which `at` lies end; nullopt outside of them.
  std::optional<Instant> end_at(Instant at, const BusinessCalendar& calendar) const;

 private:
  QuietHours(int from_minute, int to_minute) : from_minute_(from_minute), to_minute_(to_minute) {}

  int from_minute_;  // of the day
  int to_minute_;
};

}  // namespace packwarden
