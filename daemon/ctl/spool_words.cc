#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "ctl/desk.h"
#include "ctl/receipt_words.h"
#include "ctl/situation_json.h"

namespace packwarden {
namespace {

constexpr std::size_t few_failed = 5;

struct SpoolWords {
  std::string file;
  bool one_file = false;
  std::string reason;
  bool all = false;
};

void status(Desk& desk, const SpoolWords& words) {
  const SpoolState state = desk.context().spool().state(words.all ? SIZE_MAX : few_failed);
  if (desk.json) return desk.print(json_of(state));
  const Instant now = desk.now();
  std::ostream& out = desk.out();
  if (state.hold) {
    out << desk.ink(Tone::late, "HELD") << " since " << shown_time(state.hold->since)
        << (state.hold->reason.empty() ? "" : ": " + shown_bytes(state.hold->reason))
        << ". Nothing is claimed until packctl spool release.\n";
  }
  out << (state.daemon_has_it ? "A daemon works on it."
                              : desk.ink(Tone::bad, "No daemon works on it: nothing is taken."))
      << '\n';
  out << shown_size(state.free_bytes) << " are free on its disk.\n\n";
  Table table({{"files"}, {"", true}, {"bytes", true}, {"oldest"}, {"its name"}});
  const auto add = [&](const char* what, const WaitingInSpool& waiting) {
    table.add({what, with_separators(static_cast<std::int64_t>(waiting.files)),
               shown_size(waiting.bytes),
               waiting.oldest ? shown_age((now - *waiting.oldest).nanos / 1'000'000'000) : "-",
               shown_bytes(waiting.oldest_name)});
  };
  add("waiting in incoming/", state.incoming);
  add("being written there", state.being_written);
  add("in work/", state.work);
  add("to be retried", state.retry);
  add("held/", state.held);
  add("open rejects", state.open_rejects);
  table.print(out);
  out << "\n" << with_separators(static_cast<std::int64_t>(state.failed)) << " in failed/.";
  if (state.failed > state.last_failed.size()) out << " --failed lists all; the last ones:";
  out << '\n';
  for (const FailedFile& one : state.last_failed) {
    out << "  " << one.file.claim << "  " << shown_bytes(one.file.name) << ": "
        << (one.reason.empty() ? "(no receipt)" : shown_bytes(one.reason)) << '\n';
  }
}

void must(const SpoolDesk::Outcome& outcome) {
  if (!outcome) throw Refused(outcome.error());
}

// `file` is empty for the whole spool.
void say(Desk& desk, const std::string& verb, const std::string& file, const std::string& text) {
  if (desk.json) {
    boost::json::object object;
    if (file.empty()) {
      object["spool"] = verb;
    } else {
      object[verb] = shown_bytes(file);
    }
    return desk.print(object);
  }
  desk.out() << text << '\n';
}

void hold(Desk& desk, const SpoolWords& words) {
  if (!words.one_file) {
    must(desk.context().spool().hold({desk.now(), words.reason}));
    return say(desk, "held", "",
               "The spool is held: nothing more is claimed, what is in work goes on.");
  }
  must(desk.context().spool().hold_file(words.file));
  say(desk, "held", words.file, shown_bytes(words.file) + " is in held/.");
}

void release(Desk& desk, const SpoolWords& words) {
  if (!words.one_file) {
    must(desk.context().spool().release());
    return say(desk, "released", "", "The spool is released.");
  }
  must(desk.context().spool().release_file(words.file));
  say(desk, "released", words.file, shown_bytes(words.file) + " is in incoming/ again.");
}

void retry(Desk& desk, const SpoolWords& words) {
  SpoolDesk& spool = desk.context().spool();
  if (words.all) {
    const std::uint64_t files = spool.retry_all();
    if (desk.json) return desk.print(boost::json::object{{"retried", files}});
    desk.out() << with_separators(static_cast<std::int64_t>(files))
               << " files of failed/ will be taken again.\n";
    return;
  }
  const auto entry = spool.retry(words.file);
  if (!entry) throw Refused(entry.error());
  say(desk, "retried", *entry,
      shown_bytes(*entry) + " will be taken again, as of its first arrival.");
}

CLI::App* add(CLI::App& group, Action& chosen, const std::string& name, const std::string& help,
              const std::shared_ptr<SpoolWords>& words, void (*act)(Desk&, const SpoolWords&)) {
  CLI::App* command = group.add_subcommand(name, help);
  command->final_callback(
      [&chosen, words, act] { chosen = [words, act](Desk& desk) { act(desk, *words); }; });
  return command;
}

}  // namespace

void add_spool_words(CLI::App& app, Action& chosen) {
  CLI::App* group = add_group(app, "spool", "usage files and their folders on this host");
  const auto words = std::make_shared<SpoolWords>();
  // A name that is empty, as of a variable that is not set, does not mean the whole spool.
  const auto name_in = [&words](CLI::App* command, const std::string& help) {
    return command->add_option("file", words->file, help)
        ->type_name("FILE")
        ->each([words](const std::string&) { words->one_file = true; });
  };
  add(*group, chosen, "status", "what waits, what failed, and why", words, status)
      ->add_flag("--failed", words->all, "list all files of failed/");
  CLI::App* holding = add(*group, chosen, "hold",
                          "claim nothing more; or keep one file out of incoming/", words, hold);
  CLI::Option* one_file = name_in(holding, "its name in incoming/");
  holding->add_option("--reason", words->reason, "of a whole spool, for whoever looks at it")
      ->type_name("TEXT")
      ->excludes(one_file);
  name_in(add(*group, chosen, "release", "claim again; or give one file back", words, release),
          "its name in held/");
  CLI::App* retrying =
      add(*group, chosen, "retry", "take a file of failed/ again (S12)", words, retry);
  auto* one =
      retrying->add_option("file", words->file, "its name, or its claim")->type_name("FILE");
  auto* all = retrying->add_flag("--all", words->all, "all files of failed/");
  retrying->parse_complete_callback([one, all] {
    if (one->empty() == all->empty()) throw CLI::RequiredError("a name, or --all,");
  });
  add_check_words(*group, chosen);
}

}  // namespace packwarden
