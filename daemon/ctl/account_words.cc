#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

#include "ctl/change.h"
#include "ctl/desk.h"
#include "usecases/account_commands.h"

namespace packwarden {
namespace {

struct AccountWords {
  ChangeWords change;
  std::string main_account;
  std::string language = "zh-CN";
  std::optional<std::string> new_language{};
  std::optional<std::string> email{};
  std::optional<std::string> phone{};
  std::optional<std::string> webhook{};
  MuteChange choices{};
  bool client = false;
  bool server = false;
};

Account main_account(Desk& desk, const std::string& name) {
  Account account = desk.account(name);
  if (account.is_main()) return account;
  throw Refused({"sub_account",
                 "This is a sub-account, of which there is nothing more to show. "
                 "Name its main account; packctl account list tells it."});
}

void add(Desk& desk, const AccountWords& words) {
  run_change(desk, words.change, "account", "added",
             [&](const std::vector<std::string>& names, const std::string& request_id) {
               return add_accounts(desk.context().ledger(), names, words.language, desk.as_of,
                                   request_id, desk.context().command_limits());
             });
}

void add_sub(Desk& desk, const AccountWords& words) {
  run_change(desk, words.change, "sub-account", "added",
             [&](const std::vector<std::string>& names, const std::string& request_id) {
               return add_sub_accounts(desk.context().ledger(), words.main_account, names,
                                       desk.as_of, request_id, desk.context().command_limits());
             });
}

void learn_of(Desk& desk, const AccountWords& words, const std::string& verb,
              const std::vector<AccountFactKind>& kinds) {
  run_change(desk, words.change, "account", verb,
             [&](const std::vector<std::string>& names, const std::string& request_id) {
               return learn(desk.context().ledger(), desk.billing(), names, kinds, desk.as_of,
                            request_id);
             });
}

void integrate(Desk& desk, const AccountWords& words) {
  std::vector<AccountFactKind> kinds;
  const bool both = words.client == words.server;
  if (both || words.client) kinds.push_back(AccountFactKind::client_integrated);
  if (both || words.server) kinds.push_back(AccountFactKind::server_integrated);
  learn_of(desk, words, "integrated", kinds);
}

void set(Desk& desk, const AccountWords& words) {
  std::vector<AccountDetail> details;
  const auto add_detail = [&](AccountDetailKind kind, const std::optional<std::string>& value) {
    if (value) details.push_back({{}, kind, *value});
  };
  add_detail(AccountDetailKind::language, words.new_language);
  add_detail(AccountDetailKind::email, words.email);
  add_detail(AccountDetailKind::phone, words.phone);
  add_detail(AccountDetailKind::webhook, words.webhook);
  const auto [done, request_id] =
      run_request(desk, words.change.request_id, [&](const std::string& id) {
        return set_details(desk.context().ledger(), words.main_account, details, words.choices,
                           desk.as_of, id);
      });
  if (desk.json) {
    return desk.print(boost::json::object{{"request_id", request_id}, {"repeated", done.repeated}});
  }
  desk.out() << "Account " << words.main_account
             << (done.repeated ? " had been changed by this request before.\n" : " changed.\n");
}

// What its holder checks signatures with.
void webhook_secret_of(Desk& desk, const AccountWords& words) {
  const Account account = main_account(desk, words.main_account);
  const auto secret = desk.context().webhook_secret(account.name);
  if (!secret) throw Refused(secret.error());
  if (desk.json) {
    return desk.print(boost::json::object{{"name", account.name}, {"secret", *secret}});
  }
  desk.out() << *secret << '\n';
}

boost::json::value shown(const std::map<AccountFactKind, Instant>& facts, AccountFactKind kind) {
  const auto at = facts.find(kind);
  return at == facts.end() ? boost::json::value() : boost::json::value(to_rfc3339(at->second));
}

boost::json::object json_of(const std::map<AccountFactKind, Instant>& facts) {
  boost::json::object object;
  for (const AccountFactKind kind : all_account_facts) {
    object.emplace(std::string(name_of(kind)) + "_at", shown(facts, kind));
  }
  return object;
}

std::string cell(const std::map<AccountFactKind, Instant>& facts, AccountFactKind kind) {
  const auto at = facts.find(kind);
  return at == facts.end() ? "" : shown_time(at->second);
}

// B3: the later of the two.
std::string integrated_cell(const std::map<AccountFactKind, Instant>& facts) {
  const auto client = facts.find(AccountFactKind::client_integrated);
  const auto server = facts.find(AccountFactKind::server_integrated);
  if (client == facts.end() && server == facts.end()) return "";
  if (client == facts.end()) return "server only";
  if (server == facts.end()) return "client only";
  return shown_time(std::max(client->second, server->second));
}

void list(Desk& desk) {
  const auto rows = desk.context().reports().accounts();
  if (desk.json) {
    boost::json::array array;
    for (const AccountRow& row : rows) {
      boost::json::object object{{"name", row.name}, {"parent", nullptr}};
      if (!row.parent.empty()) object["parent"] = row.parent;
      for (auto& [key, value] : json_of(row.facts)) object.emplace(key, value);
      array.push_back(std::move(object));
    }
    desk.print(array);
    return;
  }
  Table table({{"account"}, {"sub-account of"}, {"identity verified"}, {"integrated"}, {"closed"}});
  for (const AccountRow& row : rows) {
    table.add({row.name, row.parent, cell(row.facts, AccountFactKind::identity_verified),
               integrated_cell(row.facts), cell(row.facts, AccountFactKind::closed)});
  }
  table.print(desk.out());
}

void show(Desk& desk, const AccountWords& words) {
  const Account account = main_account(desk, words.main_account);
  Reports& reports = desk.context().reports();
  std::map<AccountFactKind, Instant> facts;
  for (const AccountFact& fact : reports.facts(account.id)) facts.emplace(fact.kind, fact.known_at);
  const auto details = reports.details(account);
  if (desk.json) {
    boost::json::object object{{"name", account.name}};
    for (auto& [key, value] : json_of(facts)) object.emplace(key, value);
    for (const AccountDetail& detail : details) object[name_of(detail.kind)] = detail.value;
    return desk.print(object);
  }
  Table table({{"of " + account.name}, {""}});
  for (const AccountDetail& detail : details) {
    table.add({std::string(name_of(detail.kind)), detail.value});
  }
  for (const auto& [kind, known_at] : facts) {
    std::string words_of_fact(name_of(kind));
    std::replace(words_of_fact.begin(), words_of_fact.end(), '_', ' ');
    table.add({words_of_fact, shown_time(known_at)});
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

  using Kind = AccountFactKind;
  const auto add_fact = [&](const char* name, const char* help, auto act) {
    CLI::App* command = group->add_subcommand(name, help);
    add_change_words(*command, words->change, "NAME");
    command->final_callback(
        [&chosen, words, act] { chosen = [words, act](Desk& desk) { act(desk, *words); }; });
    return command;
  };
  add_fact("verify", "store that real-name identities are verified (P1)",
           [](Desk& desk, const AccountWords& of) {
             learn_of(desk, of, "verified", {Kind::identity_verified});
           });
  CLI::App* integrating =
      add_fact("integrate", "store that client and server are integrated (B3)", integrate);
  integrating->add_flag("--client", words->client, "the client alone");
  integrating->add_flag("--server", words->server, "the server alone");
  add_fact(
      "close", "close main accounts: later usage is rejected (O11)",
      [](Desk& desk, const AccountWords& of) { learn_of(desk, of, "closed", {Kind::closed}); });

  CLI::App* setting = group->add_subcommand("set", "change how the holder is reached");
  setting->add_option("account", words->main_account, "main account")
      ->type_name("ACCOUNT")
      ->required();
  setting->add_option("--language", words->new_language, "of notices: zh-CN or en")
      ->type_name("LANGUAGE");
  setting->add_option("--email", words->email, "e-mail address; '' for none")->type_name("ADDRESS");
  setting->add_option("--phone", words->phone, "phone number, with + in front; '' for none")
      ->type_name("NUMBER");
  setting->add_option("--webhook", words->webhook, "https URL that is told; '' for none")
      ->type_name("URL");
  setting->add_option("--mute", words->choices.mute, "send no such notices, e.g. bill/sms or */sms")
      ->type_name("KIND/MEDIUM");
  setting->add_option("--unmute", words->choices.unmute, "send them again")
      ->type_name("KIND/MEDIUM");
  add_request_word(*setting, words->change.request_id);
  setting->final_callback(
      [&chosen, words] { chosen = [words](Desk& desk) { set(desk, *words); }; });

  CLI::App* secret = group->add_subcommand(
      "webhook-secret", "what the holder checks the signatures of its webhooks with");
  secret->add_option("account", words->main_account, "main account")
      ->type_name("ACCOUNT")
      ->required();
  secret->final_callback(
      [&chosen, words] { chosen = [words](Desk& desk) { webhook_secret_of(desk, *words); }; });

  CLI::App* showing = group->add_subcommand("show", "all that is known of a main account");
  showing->add_option("account", words->main_account, "main account")
      ->type_name("ACCOUNT")
      ->required();
  showing->final_callback(
      [&chosen, words] { chosen = [words](Desk& desk) { show(desk, *words); }; });

  group->add_subcommand("list", "all accounts")->final_callback([&chosen] { chosen = list; });
}

}  // namespace packwarden
