#pragma once

#include "domain/business_calendar.h"
#include "domain/business_month.h"

namespace packwarden {

// What belongs to the statement of a month, so that each booking stands in exactly one statement
// and a statement that is final stays as it is (docs/STATEMENTS.md).
struct StatementPeriod {
  BusinessMonth month;
  // Money: what was booked in [from, to), from the first business midnight to that of the next
  // month.
  Instant from;
  Instant to;
  // Usage of the month that was committed before closes_at; and, of earlier months, what was
  // committed in [opens_at, closes_at): it came too late for theirs.
  Instant opens_at;
  Instant closes_at;
  // From then on nothing that belongs here is under way any more.
  Instant final_from;
};

// Pure; thread-safe.
StatementPeriod statement_period(const BusinessMonth& month, const BusinessCalendar& calendar);

}  // namespace packwarden
