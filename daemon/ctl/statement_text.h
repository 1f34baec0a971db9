#pragma once

#include <boost/json.hpp>
#include <iosfwd>
#include <string>
#include <vector>

#include "usecases/statement.h"

namespace packwarden {

// A statement and what its prints say beside it: docs/STATEMENTS.md.
struct StatementPrint {
  std::string account;
  std::string currency;
  const BusinessCalendar* calendar = nullptr;
  StatementPeriod period;
  Instant stands_at;  // the end of the month, or now while it lasts
  Statement statement;
  std::vector<std::string> breaks;
  bool is_final = false;
};

// For people; for programs; for spreadsheets: one header, and a kind of row in its first column.
void print_table(const StatementPrint& print, std::ostream& out);
boost::json::object statement_json(const StatementPrint& print);
void print_csv(const StatementPrint& print, std::ostream& out);

}  // namespace packwarden
