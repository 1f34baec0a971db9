#include "billing/statement_period.h"

namespace packwarden {
namespace {

// On the first day after the month: the last day of the month has been charged by then (O6).
constexpr Span closing_time = Span::minutes(12 * 60);
// Longer than any ledger transaction takes.
constexpr Span longest_commit = Span::minutes(60);

}  // namespace

StatementPeriod statement_period(const BusinessMonth& month, const BusinessCalendar& calendar) {
  StatementPeriod period;
  period.month = month;
  period.from = calendar.start_of(month.first_day);
  period.to = calendar.start_of(month.end_day);
  period.opens_at = calendar.at_wall_time(month.first_day, closing_time);
  period.closes_at = calendar.at_wall_time(month.end_day, closing_time);
  period.final_from = period.closes_at + longest_commit;
  return period;
}

}  // namespace packwarden
