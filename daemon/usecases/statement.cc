#include "usecases/statement.h"

#include <fmt/format.h>

#include <map>
#include <set>
#include <tuple>

#include "domain/held_sum.h"
#include "domain/money.h"

namespace packwarden {
namespace {

Wide charged_by(const Statement& statement) {
  Wide sum = 0;
  for (const ChargeRow& charge : statement.charges) sum += charge.amount_micros;
  return sum;
}

std::string shown_money(Wide micros) {
  return money_sum_text(held(micros));
}

}  // namespace

std::string state_of(const StatementPack& pack, Instant at) {
  if (pack.refund == RefundStep::completed) return "refunded";
  if (pack.refund && freezes(*pack.refund)) return fmt::format("refund {}", name_of(*pack.refund));
  if (pack.expires_at <= at) return "expired";
  return pack.left_after() == 0 ? "used up" : "held";
}

std::vector<StatementTotal> totals_of(const Statement& statement) {
  std::map<std::string, std::set<std::string>> users;
  for (const UsageRow& row : statement.usage) users[row.product].insert(row.used_by);
  std::map<std::tuple<std::string, std::string, Outcome>, Units> sums;
  for (const UsageRow& row : statement.usage) {
    const auto add = [&](const std::string& used_by) {
      Units& sum = sums[{row.product, used_by, row.outcome}];
      sum = held_sum(sum, row.units);
    };
    add("");
    if (users[row.product].size() > 1) add(row.used_by);
  }
  std::vector<StatementTotal> totals;
  for (const auto& [key, units] : sums) {
    totals.push_back({std::get<0>(key), std::get<1>(key), std::get<2>(key), units});
  }
  return totals;
}

Statement statement_of(StatementRows rows) {
  Statement statement{rows.head,
                      rows.opening_micros,
                      rows.closing_micros,
                      std::move(rows.journals),
                      std::move(rows.usage),
                      std::move(rows.packs),
                      std::move(rows.charges),
                      std::move(rows.overage)};
  MoneyMicros balance = statement.opening_micros;
  for (StatementJournal& journal : statement.journals) {
    balance = held_sum(balance, journal.amount_micros);
    journal.balance_micros = balance;
  }
  for (StatementOverage& overage : statement.overage) {
    for (const UsageRow& usage : statement.usage) {
      if (usage.outcome == Outcome::overage && usage.product == overage.product) {
        overage.used = held_sum(overage.used, usage.units);
      }
    }
    for (const ChargeRow& charge : statement.charges) {
      if (charge.product != overage.product) continue;
      overage.charged = held_sum(overage.charged, charge.units);
    }
  }
  return statement;
}

std::vector<std::string> breaks_of(const Statement& statement) {
  std::vector<std::string> breaks;
  Wide booked = 0;
  Wide charged = 0;
  for (const StatementJournal& journal : statement.journals) {
    booked += journal.amount_micros;
    if (journal.kind == "charge") charged -= journal.amount_micros;
  }
  if (statement.opening_micros + booked != statement.closing_micros) {
    breaks.push_back(fmt::format("{} and journals over {} make {}, but the closing balance is {}",
                                 money_text(statement.opening_micros), shown_money(booked),
                                 shown_money(statement.opening_micros + booked),
                                 money_text(statement.closing_micros)));
  }
  if (charged != charged_by(statement)) {
    breaks.push_back(fmt::format("the bills are over {}, but {} was booked for them",
                                 shown_money(charged_by(statement)), shown_money(charged)));
  }
  std::map<std::string, Wide> drawn;
  for (const UsageRow& usage : statement.usage) {
    if (usage.outcome == Outcome::drawn) drawn[usage.product] += usage.units;
  }
  for (const StatementPack& pack : statement.packs) drawn[pack.product] -= pack.drawn();
  for (const auto& [product, difference] : drawn) {
    if (difference == 0) continue;
    breaks.push_back(fmt::format("usage of {} that was drawn is {} more than what its packs gave",
                                 product, held(difference)));
  }
  for (const StatementOverage& overage : statement.overage) {
    const Wide expected = Wide{overage.open_before} + overage.used - overage.charged;
    if (expected == overage.open_after) continue;
    breaks.push_back(fmt::format("{} units of overage of {} should be open, but {} are",
                                 held(expected), overage.product, overage.open_after));
  }
  return breaks;
}

}  // namespace packwarden
