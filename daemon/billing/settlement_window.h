#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "domain/business_calendar.h"
#include "domain/ids.h"

// O6: when a business day is charged. Pure; thread-safe.
namespace packwarden {

inline constexpr Span settlement_begin = Span::minutes(8 * 60);  // of wall time on the next day
inline constexpr Span settlement_end = Span::minutes(12 * 60);   // all must be charged by then

// The instant from which the day may be charged: 08:00 of the next business day.
Instant settlement_start(BusinessDay day, const BusinessCalendar& calendar);

// By how much the charge of an account is later: from 0 to less than `spread_s` seconds, fixed by
// its id.
std::int64_t charge_offset_s(AccountId account, std::int64_t spread_s);

// The part of a day's window that has come since `done_until`.
struct DueDay {
  BusinessDay day;
  std::int64_t after_s = -1;  // offsets above this one
  std::int64_t upto_s = 0;    // up to this one
  Instant done_until;         // all of it is done by
};
// The days with charges in (done_until, now], in order (O7). `done_until`: nullopt where nothing
// was ever settled; then from `first_open_day` on, if there is one.
std::vector<DueDay> due_days(std::optional<Instant> done_until,
                             std::optional<BusinessDay> first_open_day, Instant now,
                             std::int64_t spread_s, const BusinessCalendar& calendar);

}  // namespace packwarden
