#include <CLI/CLI.hpp>

#include "ctl/desk.h"

namespace packwarden {
namespace {

void create(Desk& desk, const std::string& name) {
  const auto token = desk.context().tokens().create(name);
  if (!token) throw Refused(token.error());
  if (desk.json) {
    desk.print(boost::json::object{{"name", name}, {"token", *token}});
  } else {
    desk.out() << *token << '\n';
  }
}

void list(Desk& desk) {
  const std::vector<std::string> names = desk.context().tokens().names();
  if (desk.json) {
    boost::json::array rows;
    for (const std::string& name : names) rows.push_back(boost::json::object{{"name", name}});
    return desk.print(rows);
  }
  Table table({{"token"}});
  for (const std::string& name : names) table.add({name});
  table.print(desk.out());
}

void revoke(Desk& desk, const std::string& name) {
  const auto revoked = desk.context().tokens().revoke(name);
  if (!revoked) throw Refused(revoked.error());
  if (desk.json) {
    desk.print(boost::json::object{{"name", name}, {"revoked", true}});
  } else {
    desk.out() << "The token " << name << " is revoked; the daemon knows within two seconds.\n";
  }
}

}  // namespace

void add_token_words(CLI::App& app, Action& chosen) {
  CLI::App* group = add_group(app, "token", "who may ask the daemon over HTTP");
  const auto name = std::make_shared<std::string>();
  const auto add = [&](const char* word, const char* help, void (*act)(Desk&, const std::string&)) {
    CLI::App* command = group->add_subcommand(word, help);
    command->add_option("name", *name, "1 to 64 of A-Z a-z 0-9 . _ -")
        ->type_name("NAME")
        ->required();
    command->final_callback(
        [&chosen, name, act] { chosen = [name, act](Desk& desk) { act(desk, *name); }; });
  };
  add("new", "make a token and print it: once, it is stored nowhere", create);
  group->add_subcommand("list", "the names of the tokens that hold")->final_callback([&chosen] {
    chosen = list;
  });
  add("revoke", "a token no longer holds", revoke);
}

}  // namespace packwarden
