#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "ctl/desk.h"
#include "ctl/progress.h"
#include "ctl/receipt_words.h"

namespace packwarden {
namespace {

struct RejectsWords {
  std::string file;
  bool all = false;
  bool without_cut_lines = false;
  bool yes = false;
};

std::string_view name_of(RejectsState state) {
  switch (state) {
    case RejectsState::open:
      return "open";
    case RejectsState::driven_in:
      return "driven in";
    case RejectsState::discarded:
      return "discarded";
    case RejectsState::elsewhere:
      break;
  }
  return "elsewhere";
}

void list(Desk& desk, const RejectsWords& words) {
  SpoolDesk& spool = desk.context().spool();
  boost::json::array array;
  Table table({{"file"}, {"claim"}, {"state"}, {"reason"}, {"lines", true}});
  for (const RejectsRow& row : desk.context().reports().rejects()) {
    const RejectsState state = spool.state_of_rejects(row.claim, row.file);
    if (!words.all && (state == RejectsState::driven_in || state == RejectsState::discarded)) {
      continue;
    }
    boost::json::object records;
    for (const auto& [reason, count] : row.records) {
      records[reason] = count;
      table.add({shown_bytes(row.file), row.claim, std::string(name_of(state)), reason,
                 with_separators(count)});
    }
    array.push_back(boost::json::object{{"file", shown_bytes(row.file)},
                                        {"digest", "sha256:" + to_hex(row.digest)},
                                        {"spool", row.spool},
                                        {"claim", row.claim},
                                        {"state", name_of(state)},
                                        {"arrival", to_rfc3339(row.arrival)},
                                        {"rejected", std::move(records)}});
  }
  if (desk.json) return desk.print(array);
  table.print(desk.out());
}

void print_redriven(Desk& desk, const Redriven& redriven) {
  if (desk.json) {
    return desk.print(boost::json::object{{"dropped_as", shown_bytes(redriven.name)},
                                          {"lines", redriven.lines},
                                          {"cut_lines", redriven.cut_lines}});
  }
  desk.out() << with_separators(static_cast<std::int64_t>(redriven.lines))
             << (redriven.lines == 1 ? " line is" : " lines are") << " in incoming/ as "
             << shown_bytes(redriven.name) << "; it gets a receipt of its own.\n";
  if (redriven.cut_lines > 0) {
    desk.out() << with_separators(static_cast<std::int64_t>(redriven.cut_lines))
               << (redriven.cut_lines == 1 ? " line was" : " lines were")
               << " left out: not all of the text is there.\n";
  }
}

void redrive(Desk& desk, const RejectsWords& words) {
  Progress progress("packing", !desk.json);
  const auto redriven = desk.context().spool().redrive_rejects(
      words.file, words.without_cut_lines,
      [&](std::uint64_t done, std::uint64_t all) { progress.show(done, all); });
  if (!redriven) throw Refused(redriven.error());
  print_redriven(desk, *redriven);
}

void discard(Desk& desk, const RejectsWords& words) {
  if (!words.yes) {
    throw Refused({"not_sure",
                   fmt::format("The rejected lines of {} will never be charged. Say --yes if that "
                               "is right.",
                               shown_bytes(words.file))});
  }
  const auto entry = desk.context().spool().discard_rejects(words.file);
  if (!entry) throw Refused(entry.error());
  if (desk.json) return desk.print(boost::json::object{{"discarded", shown_bytes(*entry)}});
  desk.out() << shown_bytes(*entry) << " is in rejected/discarded/.\n";
}

}  // namespace

void add_rejects_words(CLI::App& app, Action& chosen) {
  CLI::App* group = add_group(app, "rejects", "lines that could not be used (U5)");
  const auto words = std::make_shared<RejectsWords>();
  const auto add = [&](const char* name, const char* help,
                       void (*act)(Desk&, const RejectsWords&)) {
    CLI::App* command = group->add_subcommand(name, help);
    command->final_callback(
        [&chosen, words, act] { chosen = [words, act](Desk& desk) { act(desk, *words); }; });
    return command;
  };
  add("list", "files with rejected lines, by reason", list)
      ->add_flag("--all", words->all, "also those that were driven in or discarded");
  const auto of_file = [&](CLI::App* command) {
    command->add_option("file", words->file, "the name of the usage file, or its claim")
        ->type_name("FILE")
        ->required();
    return command;
  };
  of_file(
      add("redrive", "drop the rejected lines of a file again, in a file of their own", redrive))
      ->add_flag("--without-cut-lines", words->without_cut_lines,
                 "also where some lines are not whole; these are left out");
  of_file(add("discard", "give the rejected lines of a file up", discard))
      ->add_flag("--yes", words->yes, "they will never be charged");
}

}  // namespace packwarden
