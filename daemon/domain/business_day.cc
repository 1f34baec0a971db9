#include "domain/business_day.h"

#include <date/date.h>
#include <fmt/format.h>

namespace packwarden {
namespace {

// The digits of text[at, at + count) as a number; none where anything else stands there.
std::optional<unsigned> digits(std::string_view text, std::size_t at, std::size_t count) {
  unsigned value = 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value;
}

}  // namespace

std::string to_string(BusinessDay day) {
  const date::year_month_day ymd{date::local_days{date::days{day.days_since_epoch}}};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(ymd.year()),
                     static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()));
}

std::optional<BusinessDay> parse_business_day(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = digits(text, 0, 4);
  const auto month = digits(text, 5, 2);
  const auto day = digits(text, 8, 2);
  if (!year || !month || !day) return std::nullopt;
  const date::year_month_day ymd{date::year{static_cast<int>(*year)}, date::month{*month},
                                 date::day{*day}};
  if (!ymd.ok()) return std::nullopt;
  return BusinessDay{static_cast<std::int32_t>(date::local_days{ymd}.time_since_epoch().count())};
}

}  // namespace packwarden
