#include <fmt/format.h>

#include <ostream>

#include "ctl/charge_json.h"
#include "ctl/csv_text.h"
#include "ctl/desk.h"
#include "ctl/statement_text.h"
#include "domain/money.h"

namespace packwarden {
namespace {

boost::json::array journals_json(const StatementPrint& print) {
  boost::json::array array;
  for (const StatementJournal& row : print.statement.journals) {
    array.push_back(boost::json::object{{"transaction", row.sequence},
                                        {"booked_at", print.calendar->wall_text(row.booked_at)},
                                        {"kind", row.kind},
                                        {"reference", row.reference},
                                        {"amount_micros", row.amount_micros},
                                        {"balance_micros", row.balance_micros}});
  }
  return array;
}

boost::json::array usage_json(const StatementPrint& print) {
  boost::json::array array;
  for (const UsageRow& row : print.statement.usage) {
    array.push_back(boost::json::object{{"day", to_string(row.day)},
                                        {"late", row.day < print.period.month.first_day},
                                        {"used_by", row.used_by},
                                        {"product", row.product},
                                        {"meter", row.meter},
                                        {"outcome", name_of(row.outcome)},
                                        {"units", row.units}});
  }
  return array;
}

boost::json::array totals_json(const StatementPrint& print) {
  boost::json::array array;
  for (const StatementTotal& row : totals_of(print.statement)) {
    boost::json::value used_by;
    if (!row.used_by.empty()) used_by = row.used_by;
    array.push_back(boost::json::object{{"product", row.product},
                                        {"used_by", used_by},
                                        {"outcome", name_of(row.outcome)},
                                        {"units", row.units}});
  }
  return array;
}

boost::json::array packs_json(const StatementPrint& print) {
  boost::json::array array;
  for (const StatementPack& row : print.statement.packs) {
    array.push_back(
        boost::json::object{{"pack", value_of(row.id)},
                            {"product", row.product},
                            {"tier", row.tier},
                            {"purchased_at", print.calendar->wall_text(row.purchased_at)},
                            {"expires_at", print.calendar->wall_text(row.expires_at)},
                            {"price_micros", row.price_micros},
                            {"quota", row.quota},
                            {"left_before", row.left_before()},
                            {"drawn", row.drawn()},
                            {"left", row.left_after()},
                            {"state", state_of(row, print.stands_at)}});
  }
  return array;
}

boost::json::array charges_json(const StatementPrint& print) {
  boost::json::array array;
  for (const ChargeRow& row : print.statement.charges) {
    array.push_back(charge_json(row, print.calendar->wall_text(row.charged_at)));
  }
  return array;
}

boost::json::array overage_json(const StatementPrint& print) {
  boost::json::array array;
  for (const StatementOverage& row : print.statement.overage) {
    array.push_back(boost::json::object{{"product", row.product},
                                        {"open_before", row.open_before},
                                        {"used", row.used},
                                        {"charged", row.charged},
                                        {"open", row.open_after}});
  }
  return array;
}

// A line of the CSV: one column a member.
struct CsvRow {
  std::string kind;
  std::string detail{};
  std::string at{};
  std::string until{};
  std::string day{};
  std::string used_by{};
  std::string product{};
  std::string meter{};
  std::string pack{};
  std::string tier{};
  std::string reference{};
  std::string units{};
  std::string quota_units{};
  std::string left_before_units{};
  std::string left_units{};
  std::string price{};
  std::string amount{};
  std::string balance{};
};

class CsvPrinter {
 public:
  CsvPrinter(const StatementPrint& print, std::ostream& out) : print_(&print), out_(&out) {
    out << csv_line({"kind",
                     "account",
                     "month",
                     "currency",
                     "detail",
                     "at",
                     "until",
                     "day",
                     "used_by",
                     "product",
                     "meter",
                     "pack",
                     "tier",
                     "reference",
                     "units",
                     "quota_units",
                     "left_before_units",
                     "left_units",
                     "price",
                     "amount",
                     "balance"});
  }
  void add(const CsvRow& row) {
    *out_ << csv_line({row.kind,
                       print_->account,
                       to_string(print_->period.month),
                       print_->currency,
                       row.detail,
                       row.at,
                       row.until,
                       row.day,
                       row.used_by,
                       row.product,
                       row.meter,
                       row.pack,
                       row.tier,
                       row.reference,
                       row.units,
                       row.quota_units,
                       row.left_before_units,
                       row.left_units,
                       row.price,
                       row.amount,
                       row.balance});
  }

 private:
  const StatementPrint* print_;
  std::ostream* out_;
};

}  // namespace

boost::json::object statement_json(const StatementPrint& print) {
  return {{"account", print.account},
          {"month", to_string(print.period.month)},
          {"from", print.calendar->wall_text(print.period.from)},
          {"to", print.calendar->wall_text(print.period.to)},
          {"final", print.is_final},
          {"final_from", print.calendar->wall_text(print.period.final_from)},
          {"currency", print.currency},
          {"ledger", head_json(print.statement.head,
                               print.calendar->wall_text(print.statement.head.instant))},
          {"opening_micros", print.statement.opening_micros},
          {"closing_micros", print.statement.closing_micros},
          {"journals", journals_json(print)},
          {"usage", usage_json(print)},
          {"totals", totals_json(print)},
          {"packs", packs_json(print)},
          {"bills", charges_json(print)},
          {"overage", overage_json(print)},
          {"breaks", boost::json::value_from(print.breaks)}};
}

void print_csv(const StatementPrint& print, std::ostream& out) {
  const Statement& statement = print.statement;
  const auto wall = [&](Instant at) { return print.calendar->wall_text(at); };
  CsvPrinter csv(print, out);
  csv.add({.kind = "opening_balance",
           .at = wall(print.period.from),
           .balance = money_text(statement.opening_micros)});
  for (const StatementJournal& row : statement.journals) {
    csv.add({.kind = "journal",
             .detail = row.kind,
             .at = wall(row.booked_at),
             .reference = row.reference,
             .amount = money_text(row.amount_micros),
             .balance = money_text(row.balance_micros)});
  }
  csv.add({.kind = "closing_balance",
           .at = wall(print.period.to),
           .balance = money_text(statement.closing_micros)});
  for (const UsageRow& row : statement.usage) {
    csv.add({.kind = row.day < print.period.month.first_day ? "late_usage" : "usage",
             .detail = std::string(name_of(row.outcome)),
             .day = to_string(row.day),
             .used_by = row.used_by,
             .product = row.product,
             .meter = row.meter,
             .units = std::to_string(row.units)});
  }
  for (const StatementPack& row : statement.packs) {
    csv.add({.kind = "pack",
             .detail = state_of(row, print.stands_at),
             .at = wall(row.purchased_at),
             .until = wall(row.expires_at),
             .product = row.product,
             .pack = std::to_string(value_of(row.id)),
             .tier = row.tier,
             .units = std::to_string(row.drawn()),
             .quota_units = std::to_string(row.quota),
             .left_before_units = std::to_string(row.left_before()),
             .left_units = std::to_string(row.left_after()),
             .price = money_text(row.price_micros)});
  }
  for (const ChargeRow& row : statement.charges) {
    csv.add({.kind = "bill_line",
             .detail = row.is_credit ? "credit" : "overage",
             .at = wall(row.charged_at),
             .day = to_string(row.usage_day),
             .product = row.product,
             .reference = to_string(row.charged_day),
             .units = std::to_string(row.units),
             .price = money_text(row.price_micros),
             .amount = money_text(row.amount_micros)});
  }
  for (const StatementOverage& row : statement.overage) {
    csv.add({.kind = "open_overage",
             .product = row.product,
             .units = std::to_string(row.used),
             .left_before_units = std::to_string(row.open_before),
             .left_units = std::to_string(row.open_after)});
  }
  csv.add({.kind = "ledger",
           .detail = to_hex(statement.head.stamp),
           .at = wall(statement.head.instant),
           .reference = std::to_string(statement.head.sequence)});
}

}  // namespace packwarden
