#include "ctl/change.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "domain/shown_text.h"

namespace packwarden {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";  // of files from some editors

std::vector<std::string> all_names(const ChangeWords& words) {
  std::vector<std::string> names = words.names;
  if (words.from_file.empty()) return names;
  errno = 0;
  std::ifstream file(words.from_file);
  for (std::string line; std::getline(file, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (names.size() == words.names.size() && line.starts_with(byte_order_mark)) {
      line.erase(0, byte_order_mark.size());
    }
    if (!line.empty()) names.push_back(line);
  }
  if (!file.eof() || file.bad()) {
    throw std::system_error(
        errno, std::generic_category(),
        fmt::format("{} cannot be read; give a text file with one name a line", words.from_file));
  }
  return names;
}

// P9: what was refused of a command whose other names stand, as where all is refused.
constexpr int status_some_refused = 1;

boost::json::array refused_names(const CommandDone& done) {
  boost::json::array array;
  for (const RefusedName& one : done.refused) {
    array.push_back(boost::json::object{{"name", shown_bytes(one.name)},
                                        {"code", one.why.code},
                                        {"message", shown_bytes(one.why.message)}});
  }
  return array;
}

// Ledger time does not go back, whatever --as-of says.
void say_instant(Desk& desk, Ledger& ledger) {
  if (!desk.as_of) return;
  const Instant done_as_of = ledger.head().instant;
  if (done_as_of.micros() <= desk.as_of->micros()) return;
  desk.note(fmt::format("done as of {}, the last instant of the ledger: {} is before it",
                        to_rfc3339(done_as_of), to_rfc3339(*desk.as_of)));
}

}  // namespace

std::string how_to_try_again(std::string_view why, std::string_view request_id) {
  if (why.ends_with('.')) why.remove_suffix(1);
  return fmt::format(
      "{}. Run the same command again with --request-id {}: it is done once at most.", why,
      request_id);
}

void add_change_words(CLI::App& command, ChangeWords& words, const std::string& placeholder) {
  auto* names = command.add_option("names", words.names, "names")->type_name(placeholder);
  auto* file = command.add_option("--from-file", words.from_file, "further names, one a line");
  file->type_name("FILE");
  add_request_word(command, words.request_id);
  // One of the two at least.
  command.parse_complete_callback([names, file] {
    if (names->empty() && file->empty()) throw CLI::RequiredError("a name or --from-file");
  });
}

void add_request_word(CLI::App& command, std::string& request_id) {
  command
      .add_option("--request-id", request_id,
                  "the same id again gives the same result, and changes nothing (P9)")
      ->type_name("ID");
}

RequestDone run_request(Desk& desk, const std::string& request_id, const RequestRun& run) {
  // Where it cannot be reached, nothing has been tried.
  return run_request_on(desk.context().ledger(), desk, request_id, run);
}

RequestDone run_request_on(Ledger& ledger, Desk& desk, const std::string& request_id,
                           const RequestRun& run) {
  const std::string id = request_id.empty() ? new_request_id() : request_id;
  try {
    const CommandOutcome outcome = run(id);
    if (!outcome) throw Refused(outcome.error());
    if (!outcome->repeated) say_instant(desk, ledger);
    return {*outcome, id};
  } catch (const LedgerUnavailable& error) {
    throw LedgerUnavailable(how_to_try_again(error.what(), id));
  }
}

void run_change(Desk& desk, const ChangeWords& words, const std::string& noun,
                const std::string& verb, const Change& change) {
  const auto names = all_names(words);
  const std::string id = words.request_id.empty() ? new_request_id() : words.request_id;
  if (words.request_id.empty() && names.size() > desk.context().command_limits().names_at_once) {
    desk.note(
        fmt::format("this is request {0}: should it break off, run the same command again "
                    "with --request-id {0}, and it goes on where it stopped",
                    id));
  }
  const auto [done, request_id] =
      run_request(desk, id, [&](const std::string& of) { return change(names, of); });
  if (!done.refused.empty()) desk.exit_status = status_some_refused;
  if (desk.json) {
    boost::json::object object{
        {verb, done.count}, {"request_id", request_id}, {"repeated", done.repeated}};
    if (done.names_a_piece != 0) object["refused"] = refused_names(done);
    desk.print(object);
    return;
  }
  desk.out() << with_separators(done.count) << ' ' << noun << (done.count == 1 ? "" : "s");
  if (done.repeated) {
    desk.out() << " had been " << verb << " by this request before.\n";
  } else {
    desk.out() << ' ' << verb << ".\n";
  }
  if (done.refused.empty()) return;
  desk.out() << with_separators(static_cast<std::int64_t>(done.refused.size()))
             << (done.refused.size() == 1 ? " name was" : " names were") << " refused:\n";
  for (const RefusedName& one : done.refused) {
    desk.out() << "  " << shown_bytes(one.name) << ": " << shown_bytes(one.why.message) << '\n';
  }
}

}  // namespace packwarden
