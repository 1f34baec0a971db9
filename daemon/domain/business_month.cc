#include "domain/business_month.h"

#include <date/date.h>

namespace packwarden {
namespace {

constexpr std::size_t month_text_bytes = 7;
constexpr int first_year = 1970;
constexpr int last_year = 2261;

date::local_days date_of(BusinessDay day) {
  return date::local_days{date::days{day.days_since_epoch}};
}

BusinessDay day_of(const date::year_month_day& ymd) {
  return {static_cast<std::int32_t>(date::local_days{ymd}.time_since_epoch().count())};
}

BusinessMonth month_of(const date::year_month& month) {
  return {day_of(month / 1), day_of((month + date::months{1}) / 1)};
}

date::year_month year_month_of(BusinessDay day) {
  const date::year_month_day ymd{date_of(day)};
  return ymd.year() / ymd.month();
}

}  // namespace

BusinessMonth BusinessMonth::next() const {
  return month_of(year_month_of(end_day));
}

BusinessMonth BusinessMonth::before() const {
  return month_of(year_month_of(first_day) - date::months{1});
}

std::string to_string(const BusinessMonth& month) {
  return to_string(month.first_day).substr(0, month_text_bytes);
}

std::optional<BusinessMonth> parse_business_month(std::string_view text) {
  if (text.size() != month_text_bytes) return std::nullopt;
  const auto first = parse_business_day(std::string(text) + "-01");
  if (!first) return std::nullopt;
  const date::year_month month = year_month_of(*first);
  if (month.year() < date::year{first_year} || month.year() > date::year{last_year}) {
    return std::nullopt;
  }
  return month_of(month);
}

}  // namespace packwarden
