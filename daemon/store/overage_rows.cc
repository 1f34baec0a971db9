#include "store/overage_rows.h"

#include <fmt/format.h>

#include "store/deployment_store.h"
#include "store/fact_rows.h"
#include "store/sql_text.h"

namespace packwarden {
namespace {

AccountId to_account(const std::optional<std::string_view>& value) {
  return AccountId{static_cast<std::uint32_t>(to_int(value))};
}

OpenRow to_open_units(RowView row) {
  OpenRow open;
  open.account = to_account(row[0]);
  open.product = ProductId{static_cast<std::uint32_t>(to_int(row[1]))};
  open.day = BusinessDay{static_cast<std::int32_t>(to_int(row[2]))};
  open.units = to_int(row[3]);
  return open;
}

// `condition`: behind both WHEREs, from AND on.
void read_open(Session& session, const std::string& condition,
               const std::function<void(const OpenRow&)>& take) {
  session.for_each_row("SELECT account_id, product_id, " + days_of("business_day") +
                           ", units FROM open_overage WHERE units > 0 AND NOT is_credit" +
                           condition,
                       [&](RowView row) { take(to_open_units(row)); });
  session.for_each_row(
      "SELECT account_id, balance_micros FROM money_balance WHERE balance_micros < 0" + condition,
      [&](RowView row) {
        OpenRow debt;
        debt.account = to_account(row[0]);
        debt.debt_micros = -to_int(row[1]);
        take(debt);
      });
}

}  // namespace

void open_overage(Session& session, Sequence sequence, std::uint32_t first_entry_no) {
  session.execute(fmt::format(
      "INSERT INTO open_overage (account_id, product_id, business_day, is_credit, price_micros,"
      " units) SELECT e.account_id, m.product_id, e.business_day, FALSE, 0, SUM(e.units) FROM"
      " ledger_entry e JOIN meter m ON m.meter_id = e.meter_id WHERE e.seq = {} AND e.entry_no >= "
      "{} AND e.outcome = {}"
      " GROUP BY 1, 2, 3 ON DUPLICATE KEY UPDATE units = open_overage.units + VALUES(units)",
      sequence, first_entry_no, static_cast<int>(Outcome::overage)));
}

std::vector<OpenRow> read_open_rows(Session& session, std::span<const AccountId> accounts) {
  std::vector<OpenRow> rows;
  for_each_list(accounts, [&](const std::string& list) {
    read_open(session, " AND account_id IN " + list,
              [&](const OpenRow& row) { rows.push_back(row); });
  });
  return rows;
}

void for_each_open_row(Session& session, const std::function<void(const OpenRow&)>& take) {
  read_open(session, "", take);
}

// Without the entries of voids, which are below zero: what they take out may have been charged.
std::vector<OpenRow> read_opened(Session& session, Sequence after, Sequence upto) {
  std::vector<OpenRow> rows;
  session.for_each_row(
      fmt::format("SELECT e.account_id, m.product_id, {}, SUM(e.units) FROM ledger_entry e JOIN"
                  " meter m ON m.meter_id = e.meter_id WHERE e.seq > {} AND e.seq <= {} AND"
                  " e.outcome = {} AND e.units > 0 GROUP BY e.account_id, m.product_id,"
                  " e.business_day",
                  days_of("e.business_day"), after, upto, static_cast<int>(Outcome::overage)),
      [&](RowView row) { rows.push_back(to_open_units(row)); });
  return rows;
}

std::string is_unpriced(Session& session) {
  std::map<std::string, std::string> values;
  for (StoredValue& stored : read_newest_values(session)) {
    values[stored.name] = std::move(stored.value);
  }
  if (values.empty()) return "FALSE";
  std::string priced = "FALSE";
  for (const auto& [product, prices] : to_meaning(values).postpaid_prices) {
    priced += " OR d.name = " + session.escape(product);
    const BusinessDay first = prices.front().from;
    if (first == beginning_of_days) continue;
    priced += " AND o.business_day >= " + date_literal(first.days_since_epoch);
  }
  return "(NOT o.is_credit AND o.units <> 0 AND NOT (" + priced + "))";
}

void close_overage(Session& session, const std::string& entries) {
  // The first charge of its day after an entry is the one that charged it. Looked for once for all
  // entries of a transaction, among the charges of that day and later: it may be a late one (O7).
  session.execute(fmt::format(
      "INSERT INTO open_overage (account_id, product_id, business_day, is_credit, price_micros,"
      " units) SELECT account_id, product_id, business_day, price IS NOT NULL, COALESCE(price, 0),"
      " -SUM(units) FROM (SELECT o.account_id, o.product_id, o.business_day, o.units, (SELECT"
      " c.price_micros FROM charge c WHERE c.account_id = o.account_id AND c.product_id ="
      " o.product_id AND c.charged_day >= o.business_day AND c.usage_day = o.business_day AND NOT"
      " c.is_credit AND c.seq > o.seq ORDER BY c.seq LIMIT 1) price FROM (SELECT e.account_id,"
      " m.product_id, e.business_day, e.seq, SUM(e.units) units FROM meter m JOIN {} AND e.outcome"
      " = {} AND m.meter_id = e.meter_id GROUP BY 1, 2, 3, 4) o) used GROUP BY 1, 2, 3, 4, 5 ON"
      " DUPLICATE KEY UPDATE units = open_overage.units + VALUES(units)",
      entries, static_cast<int>(Outcome::overage)));
}

}  // namespace packwarden
