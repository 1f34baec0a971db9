#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "ctl/change.h"
#include "ctl/desk.h"
#include "domain/money.h"
#include "usecases/money_commands.h"

namespace packwarden {
namespace {

constexpr std::uint32_t default_journals = 50;

struct MoneyWords {
  std::string account;
  std::string amount;
  std::string reference;
  std::string request_id;
  std::uint32_t limit = default_journals;
};

void top_up(Desk& desk, const MoneyWords& words) {
  const auto amount = parse_money(words.amount);
  if (!amount && amount.error() == AmountFault::too_large) {
    throw Refused({"amount_too_large",
                   fmt::format("'{}' is more than one booking may be. Give at most {}; look at the "
                               "amount, or book it in parts.",
                               words.amount, money_text(max_amount_micros))});
  }
  if (!amount) {
    throw Refused({"bad_amount", fmt::format("'{}' is no amount. Give digits with at most 6 "
                                             "decimals, such as 300 or 0.005.",
                                             words.amount)});
  }
  const auto [done, request_id] = run_request(desk, words.request_id, [&](const std::string& id) {
    return top_up_balance(desk.context().ledger(), desk.billing(),
                          {words.account, *amount, words.reference, desk.as_of}, id);
  });
  if (desk.json) {
    return desk.print(
        boost::json::object{{"balance_micros", boost::json::value_from(done.balance_micros)},
                            {"request_id", request_id},
                            {"repeated", done.repeated}});
  }
  if (done.repeated) desk.out() << "This request had been done before. ";
  if (!done.balance_micros) {
    desk.out() << "packctl money balance " << words.account << " shows the balance.\n";
    return;
  }
  desk.out() << "The balance of " << words.account << (done.repeated ? " after it was " : " is ")
             << money_text(*done.balance_micros) << ' ' << desk.context().catalogue().currency
             << ".\n";
}

void balance(Desk& desk, const MoneyWords& words) {
  std::optional<AccountId> account;
  if (!words.account.empty()) account = desk.account(words.account).main();
  const auto rows = desk.context().reports().balances(account);
  if (desk.json) {
    boost::json::array array;
    for (const BalanceRow& row : rows) {
      array.push_back(
          boost::json::object{{"account", row.account}, {"balance_micros", row.balance_micros}});
    }
    return desk.print(array);
  }
  Table table({{"account"}, {"balance in " + desk.context().catalogue().currency, true}});
  for (const BalanceRow& row : rows) table.add({row.account, money_text(row.balance_micros)});
  table.print(desk.out());
}

void journal(Desk& desk, const MoneyWords& words) {
  const AccountId account = desk.account(words.account).main();
  const auto rows = desk.context().reports().journals(account, words.limit);
  if (desk.json) {
    boost::json::array array;
    for (const JournalRow& row : rows) {
      array.push_back(boost::json::object{{"transaction", row.sequence},
                                          {"booked_at", to_rfc3339(row.booked_at)},
                                          {"kind", row.kind},
                                          {"reference", row.reference},
                                          {"amount_micros", row.amount_micros},
                                          {"balance_micros", row.balance_micros}});
    }
    return desk.print(array);
  }
  Table table({{"transaction", true},
               {"booked at"},
               {"kind"},
               {"reference"},
               {"amount", true},
               {"balance", true}});
  for (const JournalRow& row : rows) {
    table.add({std::to_string(row.sequence), shown_time(row.booked_at), row.kind, row.reference,
               money_text(row.amount_micros), money_text(row.balance_micros)});
  }
  table.print(desk.out());
}

}  // namespace

void add_money_words(CLI::App& app, Action& chosen) {
  CLI::App* group = add_group(app, "money", "balances and journals of accounts");
  const auto words = std::make_shared<MoneyWords>();
  const auto add = [&](const char* name, const char* help, void (*act)(Desk&, const MoneyWords&)) {
    CLI::App* command = group->add_subcommand(name, help);
    command->final_callback(
        [&chosen, words, act] { chosen = [words, act](Desk& desk) { act(desk, *words); }; });
    return command;
  };
  CLI::App* adding = add("top-up", "book money that came in on a balance", top_up);
  adding->add_option("account", words->account, "main account")->type_name("ACCOUNT")->required();
  adding->add_option("amount", words->amount, "such as 300 or 0.005")
      ->type_name("AMOUNT")
      ->required();
  adding->add_option("--reference", words->reference, "of the payment; works once (P6)")
      ->type_name("REFERENCE")
      ->required();
  add_request_word(*adding, words->request_id);
  add("balance", "balances of main accounts", balance)
      ->add_option("account", words->account, "of this account alone")
      ->type_name("ACCOUNT");
  CLI::App* listing = add("journal", "what moved the balance of an account", journal);
  listing->add_option("account", words->account, "account")->type_name("ACCOUNT")->required();
  listing->add_option("--limit", words->limit, "the last so many (50)")->type_name("N");
}

}  // namespace packwarden
