#include "store/overage_rows.h"

#include <fmt/format.h>

namespace packwarden {

void open_overage(Session& session, Sequence sequence) {
  session.execute(fmt::format(
      "INSERT INTO open_overage (account_id, product_id, business_day, is_credit, price_micros,"
      " units) SELECT e.account_id, m.product_id, e.business_day, FALSE, 0, SUM(e.units) FROM"
      " ledger_entry e JOIN meter m ON m.meter_id = e.meter_id WHERE e.seq = {} AND e.outcome = {}"
      " GROUP BY 1, 2, 3 ON DUPLICATE KEY UPDATE units = open_overage.units + VALUES(units)",
      sequence, static_cast<int>(Outcome::overage)));
}

void close_overage(Session& session, const std::string& entries) {
  // The first charge of its day after an entry is the one that charged it.
  session.execute(fmt::format(
      "INSERT INTO open_overage (account_id, product_id, business_day, is_credit, price_micros,"
      " units) SELECT account_id, product_id, business_day, price IS NOT NULL, COALESCE(price, 0),"
      " -SUM(units) FROM (SELECT e.account_id, m.product_id, e.business_day, e.units, (SELECT"
      " c.price_micros FROM charge c WHERE c.account_id = e.account_id AND c.product_id ="
      " m.product_id AND c.usage_day = e.business_day AND NOT c.is_credit AND c.seq > e.seq ORDER"
      " BY c.seq LIMIT 1) price FROM meter m JOIN {} AND e.outcome = {} AND m.meter_id ="
      " e.meter_id) used GROUP BY 1, 2, 3, 4, 5 ON DUPLICATE KEY UPDATE units ="
      " open_overage.units + VALUES(units)",
      entries, static_cast<int>(Outcome::overage)));
}

}  // namespace packwarden
