#include "ctl/packctl.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cctype>
#include <cstring>
#include <streambuf>
#include <string_view>

#include "ctl/command_words.h"
#include "ctl/desk.h"
#include "ctl/receipt_words.h"

namespace packwarden {
namespace {

constexpr int status_refused = 1;
constexpr int status_usage = 2;
constexpr int status_unavailable = 3;

// Also where the command line cannot be parsed.
bool wants_json(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--output=json") return true;
    if (word == "--output" && i + 1 < argc && std::strcmp(argv[i + 1], "json") == 0) return true;
  }
  return false;
}

int fail(std::ostream& err, bool json, int status, const std::string& code,
         const std::string& message) {
  if (json) {
    const boost::json::object error{{"code", code}, {"message", message}};
    err << boost::json::serialize(boost::json::object{{"error", error}}) << '\n';
  } else {
    err << "packctl: " << message << '\n';
  }
  return status;
}

// What was wrong with the words, and which there are.
std::string usage_told(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* last = &app;
  std::string path = app.get_name();
  while (!last->get_subcommands().empty()) {
    last = last->get_subcommands().front();
    path += " " + last->get_name();
  }
  if (last->get_require_subcommand_min() == 0) {
    return fmt::format("{}. Look at {} --help.", error.what(), path);
  }
  std::string words;
  for (const CLI::App* word :
       last->get_subcommands([](const CLI::App* one) { return !one->get_group().empty(); })) {
    words += (words.empty() ? "" : ", ") + word->get_name();
  }
  const auto rest = last->remaining();
  const std::string wrong =
      rest.empty() ? "" : fmt::format("'{}' is no word of {}. ", shown_bytes(rest.front()), path);
  return fmt::format("{}{} needs one of: {}.", wrong, path, words);
}

struct Ending {
  int status = 0;
  std::string code{};
  std::string message{};
};

// What went wrong, as a sentence, and what comes next unless it is said already.
std::string with_next_step(std::string text, const std::string& next) {
  if (!text.empty()) {
    text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  }
  if (text.ends_with('.')) return text;
  return text + ". " + next;
}

Ending act(Desk& desk, const Action& action) {
  try {
    action(desk);
    desk.out().flush();
    if (!desk.out()) {
      return {status_unavailable, "output",
              "The output could not be written. Look at the disk or pipe that it goes to."};
    }
    return {};
  } catch (const Refused& refused) {
    return {status_refused, refused.code, refused.what()};
  } catch (const LineFailed& failed) {
    return {failed.status, failed.code, failed.what()};
  } catch (const ConfigBroken& broken) {
    return {status_unavailable, "config", broken.what()};
  } catch (const NotStorable& error) {
    return {status_refused, "not_storable",
            with_next_step(error.what(),
                           "Nothing was changed, and all else goes on: it is what this command was "
                           "to write that the ledger cannot hold. Look at its names and amounts.")};
  } catch (const MeaningRefused& refused) {
    return {status_refused, "settings_differ",
            fmt::format("The settings do not fit the ledger, and nothing was done:\n{}",
                        refused.what())};
  } catch (const LedgerUnavailable& unavailable) {
    return {status_unavailable, "unavailable",
            with_next_step(unavailable.what(),
                           "See that the database runs, then run this again; packctl status tells "
                           "how all stands.")};
  } catch (const SpoolUnavailable& unavailable) {
    return {status_unavailable, "spool",
            with_next_step(unavailable.what(),
                           "See that spool.directory of the settings is the right one, and run "
                           "this as root or as the user of the daemon.")};
  } catch (const TokensUnavailable& unavailable) {
    return {status_unavailable, "tokens", unavailable.what()};
  } catch (const std::exception& error) {
    return {status_unavailable, "failed", error.what()};
  }
}

void add_all_words(CLI::App& app, Action& chosen) {
  app.require_subcommand(1, 1);
  add_status_words(app, chosen);
  add_top_words(app, chosen);
  add_system_words(app, chosen);
  add_database_words(app, chosen);
  add_deployment_words(app, chosen);
  add_account_words(app, chosen);
  add_money_words(app, chosen);
  add_pack_words(app, chosen);
  add_service_words(app, chosen);
  add_channel_words(app, chosen);
  add_inbox_words(app, chosen);
  add_notice_words(app, chosen);
  add_audit_words(app, chosen);
  add_refund_words(app, chosen);
  add_report_words(app, chosen);
  add_statement_words(app, chosen);
  add_why_words(app, chosen);
  add_file_words(app, chosen);
  add_spool_words(app, chosen);
  add_rejects_words(app, chosen);
  add_token_words(app, chosen);
  add_replay_words(app, chosen);
  add_command_words(app, chosen);
}

// Takes all that is written to it.
class Nowhere : public std::streambuf {
 protected:
  int overflow(int character) override { return traits_type::not_eof(character); }
  std::streamsize xsputn(const char*, std::streamsize count) override { return count; }
};

}  // namespace

LineAnswer run_words(Desk& desk, const std::vector<std::string>& words, Instant at) {
  Action chosen;
  CLI::App app("Packwarden", "packctl");
  add_all_words(app, chosen);
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::ParseError& error) {
    throw LineFailed(status_usage, "usage", usage_told(app, error));
  }
  Nowhere nowhere;
  std::ostream out(&nowhere);
  Desk line_desk(desk, out, at);
  const Ending ending = act(line_desk, chosen);
  if (ending.status > status_refused) {
    throw LineFailed(ending.status, ending.code, ending.message);
  }
  return {ending.status, ending.code};
}

int run_packctl(int argc, char** argv, Backend& backend, std::ostream& out, std::ostream& err) {
  Desk desk(backend, out);
  desk.notes = &err;
  Action chosen;
  std::string output = "table";
  std::string color = "auto";
  std::string as_of;

  CLI::App app("Packwarden: tenants, their packs and what they use.", "packctl");
  app.fallthrough();  // options may also stand behind the command
  app.add_option("--config", desk.config_path, "settings (/etc/packwarden/packwarden.yaml)")
      ->type_name("FILE");
  app.add_option("--output", output, "table (default), json, or csv of a statement")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"table", "json", "csv"}));
  app.add_option("--color", color, "auto (default): on a terminal without NO_COLOR; always, never")
      ->type_name("WHEN")
      ->check(CLI::IsMember({"auto", "always", "never"}));
  app.add_option("--as-of", as_of, "act as at this instant; needs allow_as_of in the settings")
      ->type_name("RFC3339");
  add_all_words(app, chosen);
  app.footer("Exit status: 0 done, 1 refused, 2 usage, 3 unavailable.");

  try {
    app.parse(argc, argv);
    if (output == "csv" && !app.got_subcommand("statement")) {
      throw CLI::ValidationError("--output", "csv is for packctl statement alone");
    }
    if (!as_of.empty()) {
      const auto instant = parse_rfc3339(as_of.data(), as_of.data() + as_of.size());
      if (!instant) throw CLI::ValidationError("--as-of", instant.error());
      if (*instant == Instant::latest() || *instant == Instant::earliest()) {
        throw CLI::ValidationError("--as-of", "give an instant between the years 1700 and 2260");
      }
      desk.as_of = *instant;
    }
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error, out, err);  // help
    return fail(err, wants_json(argc, argv), status_usage, "usage", usage_told(app, error));
  }
  desk.json = output == "json";
  desk.csv = output == "csv";
  desk.terminal = is_terminal(out);
  desk.ink = ink_for(color == "auto"     ? ColorChoice::automatic
                     : color == "always" ? ColorChoice::always
                                         : ColorChoice::never,
                     desk.terminal);
  const Ending ending = act(desk, chosen);
  if (ending.status == 0) return desk.exit_status;
  return fail(err, desk.json, ending.status, ending.code, ending.message);
}

}  // namespace packwarden
