#include "ctl/command_words.h"

#include <CLI/CLI.hpp>
#include <string>

namespace packwarden {
namespace {

// The library tells a set of values as TYPE:{one,two}.
boost::json::array one_of(const std::string& type) {
  boost::json::array values;
  const auto open = type.find(":{");
  if (open == std::string::npos || !type.ends_with('}')) return values;
  std::string rest = type.substr(open + 2, type.size() - open - 3) + ",";
  for (auto comma = rest.find(','); comma != std::string::npos; comma = rest.find(',')) {
    values.emplace_back(rest.substr(0, comma));
    rest.erase(0, comma + 1);
  }
  return values;
}

boost::json::object option_words(const CLI::Option& option) {
  boost::json::array names;
  for (const std::string& name : option.get_snames()) names.emplace_back("-" + name);
  for (const std::string& name : option.get_lnames()) names.emplace_back("--" + name);
  const std::string type = option.get_type_name();
  boost::json::value value;
  if (option.get_items_expected_max() > 0) value = type.substr(0, type.find(':'));
  return {{"names", std::move(names)},
          {"value", std::move(value)},
          {"one_of", one_of(type)},
          {"about", option.get_description()},
          {"required", option.get_required()}};
}

boost::json::object argument_words(const CLI::Option& argument) {
  return {{"name", argument.get_name(true)},
          {"one_of", one_of(argument.get_type_name())},
          {"about", argument.get_description()},
          {"required", argument.get_required()},
          {"many", argument.get_items_expected_max() > 1}};
}

}  // namespace

boost::json::object command_words(const CLI::App& app) {
  boost::json::array options;
  boost::json::array arguments;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    if (option->get_positional()) {
      arguments.push_back(argument_words(*option));
    } else {
      options.push_back(option_words(*option));
    }
  }
  boost::json::array words;
  for (const CLI::App* word : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (!word->get_group().empty()) words.push_back(command_words(*word));
  }
  return {{"name", app.get_name()},
          {"about", app.get_description()},
          {"options_anywhere", app.get_fallthrough()},
          {"options", std::move(options)},
          {"arguments", std::move(arguments)},
          {"words", std::move(words)}};
}

void add_command_words(CLI::App& app, Action& chosen) {
  app.add_subcommand("command-words", "what the manual page and completion are made of")
      ->group("")
      ->final_callback(
          [&app, &chosen] { chosen = [&app](Desk& desk) { desk.print(command_words(app)); }; });
}

}  // namespace packwarden
