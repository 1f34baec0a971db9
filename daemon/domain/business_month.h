#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "domain/business_day.h"

namespace packwarden {

// A calendar month of the business wall clock: the business days [first_day, end_day).
struct BusinessMonth {
  BusinessDay first_day;
  BusinessDay end_day;  // the first day of the next month

  bool operator==(const BusinessMonth&) const = default;

  // Those on either side of a month that parse_business_month gives.
  BusinessMonth next() const;
  BusinessMonth before() const;
};

// YYYY-MM. Pure; thread-safe.
std::string to_string(const BusinessMonth& month);

// Written YYYY-MM, from 1970-01 to 2261-12: what instants and the database can hold with the months
// around it. Nothing before or behind it. Pure; thread-safe.
std::optional<BusinessMonth> parse_business_month(std::string_view text);

}  // namespace packwarden
