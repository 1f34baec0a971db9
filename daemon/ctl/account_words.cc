#include <CLI/CLI.hpp>

#include "ctl/change.h"
#include "ctl/desk.h"
#include "usecases/account_commands.h"

namespace packwarden {
namespace {

struct AccountWords {
  ChangeWords change;
  std::string main_account;
  std::string language = "zh-CN";
};

void add(Desk& desk, const AccountWords& words) {
  run_change(desk, words.change, "account", "added",
             [&](const std::vector<std::string>& names, const std::string& request_id) {
               return add_accounts(desk.context().ledger(), names, words.language, request_id);
             });
}

void add_sub(Desk& desk, const AccountWords& words) {
  run_change(desk, words.change, "sub-account", "added",
             [&](const std::vector<std::string>& names, const std::string& request_id) {
               return add_sub_accounts(desk.context().ledger(), words.main_account, names,
                                       request_id);
             });
}

void verify(Desk& desk, const AccountWords& words) {
  run_change(desk, words.change, "account", "verified",
             [&](const std::vector<std::string>& names, const std::string& request_id) {
               return verify_identities(desk.context().ledger(), names, desk.now(), request_id);
             });
}

void list(Desk& desk) {
  const auto rows = desk.context().reports().accounts();
  if (desk.json) {
    boost::json::array array;
    for (const AccountRow& row : rows) {
      boost::json::value parent;
      if (!row.parent.empty()) parent = row.parent;
      boost::json::value verified;
      if (row.identity_verified_at) verified = to_rfc3339(*row.identity_verified_at);
      array.push_back(boost::json::object{
          {"name", row.name}, {"parent", parent}, {"identity_verified_at", verified}});
    }
    desk.print(array);
    return;
  }
  Table table({{"account"}, {"sub-account of"}, {"identity verified"}});
  for (const AccountRow& row : rows) {
    const auto& verified = row.identity_verified_at;
    table.add({row.name, row.parent, verified ? shown_time(*verified) : ""});
  }
  table.print(desk.out());
}

}  // namespace

void add_account_words(CLI::App& app, Action& chosen) {
  CLI::App* group = add_group(app, "account", "tenants and their sub-accounts");
  const auto words = std::make_shared<AccountWords>();

  CLI::App* adding = group->add_subcommand("add", "add main accounts");
  add_change_words(*adding, words->change, "NAME");
  adding->add_option("--language", words->language, "of notices: zh-CN (default) or en")
      ->type_name("LANGUAGE");
  adding->final_callback([&chosen, words] { chosen = [words](Desk& desk) { add(desk, *words); }; });

  CLI::App* subs = group->add_subcommand("add-sub", "add sub-accounts to a main account");
  subs->add_option("account", words->main_account, "main account")
      ->type_name("ACCOUNT")
      ->required();
  add_change_words(*subs, words->change, "NAME");
  subs->final_callback(
      [&chosen, words] { chosen = [words](Desk& desk) { add_sub(desk, *words); }; });

  CLI::App* verifying =
      group->add_subcommand("verify", "store that real-name identities are verified (P1)");
  add_change_words(*verifying, words->change, "NAME");
  verifying->final_callback(
      [&chosen, words] { chosen = [words](Desk& desk) { verify(desk, *words); }; });

  group->add_subcommand("list", "all accounts")->final_callback([&chosen] { chosen = list; });
}

}  // namespace packwarden
