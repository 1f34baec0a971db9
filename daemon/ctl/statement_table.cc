#include <fmt/format.h>

#include <ostream>

#include "ctl/statement_text.h"
#include "ctl/table.h"
#include "domain/money.h"

namespace packwarden {
namespace {

void print_money(const StatementPrint& print, std::ostream& out) {
  const Statement& statement = print.statement;
  Table table(
      {{"at"}, {"kind"}, {"reference"}, {"amount in " + print.currency, true}, {"balance", true}});
  table.add({print.calendar->wall_text(print.period.from), "opening balance", "", "",
             money_text(statement.opening_micros)});
  for (const StatementJournal& journal : statement.journals) {
    table.add({print.calendar->wall_text(journal.booked_at), journal.kind, journal.reference,
               money_text(journal.amount_micros), money_text(journal.balance_micros)});
  }
  table.add({print.calendar->wall_text(print.period.to), "closing balance", "", "",
             money_text(statement.closing_micros)});
  out << "\nBalance\n";
  table.print(out);
}

void print_usage(const StatementPrint& print, std::ostream& out) {
  Table table({{"day"}, {"used by"}, {"product"}, {"meter"}, {"outcome"}, {"units", true}});
  for (const UsageRow& row : print.statement.usage) {
    const bool late = row.day < print.period.month.first_day;
    table.add({to_string(row.day) + (late ? " (late)" : ""), row.used_by, row.product, row.meter,
               std::string(name_of(row.outcome)), with_separators(row.units)});
  }
  out << "\nUsage by day\n";
  table.print(out);
  Table totals({{"product"}, {"used by"}, {"outcome"}, {"units", true}});
  for (const StatementTotal& total : totals_of(print.statement)) {
    totals.add({total.product, total.used_by.empty() ? "(all)" : total.used_by,
                std::string(name_of(total.outcome)), with_separators(total.units)});
  }
  out << "\nUsage in all\n";
  totals.print(out);
}

void print_packs(const StatementPrint& print, std::ostream& out) {
  Table table({{"pack", true},
               {"product"},
               {"tier"},
               {"bought at"},
               {"expires at"},
               {"price in " + print.currency, true},
               {"quota", true},
               {"left before", true},
               {"drawn", true},
               {"left", true},
               {"state"}});
  for (const StatementPack& pack : print.statement.packs) {
    table.add({std::to_string(value_of(pack.id)), pack.product, pack.tier,
               print.calendar->wall_text(pack.purchased_at),
               print.calendar->wall_text(pack.expires_at), money_text(pack.price_micros),
               with_separators(pack.quota), with_separators(pack.left_before()),
               with_separators(pack.drawn()), with_separators(pack.left_after()),
               state_of(pack, print.stands_at)});
  }
  out << "\nPacks\n";
  table.print(out);
}

void print_bills(const StatementPrint& print, std::ostream& out) {
  Table table({{"bill of"},
               {"charged at"},
               {"product"},
               {"usage of"},
               {"units", true},
               {"price", true},
               {"amount in " + print.currency, true}});
  for (const ChargeRow& row : print.statement.charges) {
    table.add({to_string(row.charged_day), print.calendar->wall_text(row.charged_at), row.product,
               to_string(row.usage_day) + (row.is_credit ? " (credit)" : ""),
               with_separators(row.units), money_text(row.price_micros),
               money_text(row.amount_micros)});
  }
  out << "\nBills\n";
  table.print(out);
  Table overage({{"product"},
                 {"not charged before", true},
                 {"used", true},
                 {"charged", true},
                 {"not charged yet", true}});
  for (const StatementOverage& row : print.statement.overage) {
    overage.add({row.product, with_separators(row.open_before), with_separators(row.used),
                 with_separators(row.charged), with_separators(row.open_after)});
  }
  out << "\nOverage\n";
  overage.print(out);
}

}  // namespace

void print_table(const StatementPrint& print, std::ostream& out) {
  out << "Statement of " << print.account << " for " << to_string(print.period.month);
  if (!print.is_final) {
    out << ", not final before " << print.calendar->wall_text(print.period.final_from);
  }
  out << '\n';
  print_money(print, out);
  print_usage(print, out);
  print_packs(print, out);
  print_bills(print, out);
  const LedgerHead& head = print.statement.head;
  out << fmt::format("\nRead at ledger transaction {} of {}, stamp {}.\n", head.sequence,
                     print.calendar->wall_text(head.instant), to_hex(head.stamp));
  out << '\n' << (print.breaks.empty() ? "All sums agree.\n" : "The sums do not agree.\n");
}

}  // namespace packwarden
