#pragma once

#include <boost/json.hpp>
#include <string>

#include "usecases/report_rows.h"

namespace packwarden {

// A line of a bill for programs, with the instant as the command writes instants.
inline boost::json::object charge_json(const ChargeRow& row, const std::string& charged_at) {
  return {{"charged_day", to_string(row.charged_day)},
          {"charged_at", charged_at},
          {"product", row.product},
          {"usage_day", to_string(row.usage_day)},
          {"credit", row.is_credit},
          {"units", row.units},
          {"price_micros", row.price_micros},
          {"amount_micros", row.amount_micros}};
}

}  // namespace packwarden
