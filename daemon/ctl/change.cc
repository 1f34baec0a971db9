#include "ctl/change.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <fstream>
#include <system_error>

namespace packwarden {
namespace {

std::vector<std::string> all_names(const ChangeWords& words) {
  std::vector<std::string> names = words.names;
  if (words.from_file.empty()) return names;
  errno = 0;
  std::ifstream file(words.from_file);
  for (std::string line; std::getline(file, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) names.push_back(line);
  }
  if (!file.eof() || file.bad()) {
    throw std::system_error(
        errno, std::generic_category(),
        fmt::format("{} cannot be read; give a text file with one name a line", words.from_file));
  }
  return names;
}

}  // namespace

void add_change_words(CLI::App& command, ChangeWords& words, const std::string& placeholder) {
  auto* names = command.add_option("names", words.names, "names")->type_name(placeholder);
  auto* file = command.add_option("--from-file", words.from_file, "further names, one a line");
  file->type_name("FILE");
  command
      .add_option("--request-id", words.request_id,
                  "the same id again gives the same result, and changes nothing (P9)")
      ->type_name("ID");
  // One of the two at least.
  command.parse_complete_callback([names, file] {
    if (names->empty() && file->empty()) throw CLI::RequiredError("a name or --from-file");
  });
}

void run_change(Desk& desk, const ChangeWords& words, const std::string& noun,
                const Change& change) {
  const std::string request_id = words.request_id.empty() ? new_request_id() : words.request_id;
  const auto names = all_names(words);
  desk.context().ledger();  // where it cannot be reached, nothing has been tried
  const CommandOutcome outcome = [&] {
    try {
      return change(names, request_id);
    } catch (const LedgerUnavailable& error) {
      throw LedgerUnavailable(fmt::format(
          "{}. Run the same command again with --request-id {}: it is done once at most.",
          error.what(), request_id));
    }
  }();
  if (!outcome) throw Refused(outcome.error());
  if (desk.json) {
    desk.print(boost::json::object{
        {"added", outcome->count}, {"request_id", request_id}, {"repeated", outcome->repeated}});
    return;
  }
  desk.out() << with_separators(outcome->count) << ' ' << noun << (outcome->count == 1 ? "" : "s")
             << (outcome->repeated ? " had been added by this request before.\n" : " added.\n");
}

}  // namespace packwarden
