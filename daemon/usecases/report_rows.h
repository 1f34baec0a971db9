#pragma once

#include <string>

#include "domain/business_day.h"
#include "domain/ids.h"
#include "domain/instant.h"
#include "domain/ledger_entry.h"

// Rows that several reports show.
namespace packwarden {

struct UsageRow {
  std::string used_by;
  std::string product;
  std::string meter;
  BusinessDay day;
  Outcome outcome = Outcome::overrun;
  Units units = 0;
};
// A line of a bill.
struct ChargeRow {
  BusinessDay charged_day;
  Instant charged_at;
  std::string product;
  BusinessDay usage_day;
  bool is_credit = false;
  Units units = 0;
  MoneyMicros price_micros = 0;
  MoneyMicros amount_micros = 0;
};

}  // namespace packwarden
