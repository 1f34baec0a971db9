#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "ctl/desk.h"
#include "ctl/progress.h"
#include "ctl/statement_text.h"

namespace packwarden {
namespace {

struct StatementWords {
  std::string account;
  std::string month;
};

Account main_account(Desk& desk, const std::string& name) {
  Account account = desk.account(name);
  if (account.parent != AccountId{}) {
    throw Refused({"sub_account",
                   fmt::format("'{}' is a sub-account, and money and packs belong to main accounts."
                               " Ask for its main account, whose statement shows its usage.",
                               name)});
  }
  return account;
}

void show(Desk& desk, const StatementWords& words) {
  const Account account = main_account(desk, words.account);
  const BusinessCalendar& calendar = desk.context().calendar();
  StatementPrint print;
  print.account = words.account;
  print.currency = desk.context().catalogue().currency;
  print.calendar = &calendar;
  print.period = statement_period(*parse_business_month(words.month), calendar);
  {
    const Elapsed elapsed("reading the ledger", !desk.json);
    print.statement = statement_of(desk.context().reports().statement(account.id, print.period));
  }
  print.breaks = breaks_of(print.statement);
  print.stands_at = std::min(print.period.to, desk.now());
  print.is_final = desk.now() >= print.period.final_from;
  if (desk.json) {
    desk.print(statement_json(print));
  } else if (desk.csv) {
    print_csv(print, desk.out());
  } else {
    print_table(print, desk.out());
  }
  if (!print.breaks.empty()) {
    throw Refused({"does_not_add_up",
                   fmt::format("The statement does not add up: {}. Do not hand it out; run packctl "
                               "audit, and read docs/AUDIT.md.",
                               fmt::join(print.breaks, "; "))});
  }
}

std::string fault_of_month(const std::string& text) {
  return parse_business_month(text) ? "" : "a month is written YYYY-MM, such as 2026-11";
}

}  // namespace

void add_statement_words(CLI::App& app, Action& chosen) {
  const auto words = std::make_shared<StatementWords>();
  CLI::App* command =
      app.add_subcommand("statement", "money, usage, packs and bills of an account in a month");
  command->add_option("account", words->account, "main account")->type_name("ACCOUNT")->required();
  command->add_option("month", words->month, "of the business time zone, such as 2026-11")
      ->type_name("MONTH")
      ->check(CLI::Validator(fault_of_month, "YYYY-MM"))
      ->required();
  command->final_callback(
      [&chosen, words] { chosen = [words](Desk& desk) { show(desk, *words); }; });
}

}  // namespace packwarden
