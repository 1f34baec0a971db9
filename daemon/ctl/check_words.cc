#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "ctl/desk.h"
#include "ctl/progress.h"
#include "ctl/receipt_words.h"

namespace packwarden {
namespace {

constexpr std::uint32_t default_lines = 20;

struct CheckWords {
  std::string path;
  std::string name;
  std::uint32_t limit = default_lines;
  bool every_line = false;
};

std::string_view verdict_of(const CheckedLine& line) {
  return line.verdict == LineVerdict::rejected ? name_of(line.reason) : name_of(line.verdict);
}

boost::json::object json_of(const CheckedLine& line) {
  return {{"line", line.place.line_no},
          {"verdict", name_of(line.verdict)},
          {"reason", line.verdict == LineVerdict::rejected ? name_of(line.reason) : ""},
          {"detail", line.detail}};
}

boost::json::object json_of(const CheckWords& words, const FileCheck& check,
                            boost::json::array lines) {
  const UnitCounts& counts = check.counts;
  boost::json::object rejected;
  for (std::size_t i = 0; i < reject_reason_count; ++i) {
    if (counts.rejected[i] == 0) continue;
    rejected[name_of(static_cast<RejectReason>(i))] = counts.rejected[i];
  }
  boost::json::object object{
      {"file", shown_bytes(words.name)},  {"failure", shown_bytes(check.failure)},
      {"taken", check.taken.has_value()}, {"lines", counts.lines},
      {"accepted", counts.accepted},      {"not_billable", counts.not_billable_meter},
      {"duplicate", counts.duplicate},    {"conflict", counts.conflict},
      {"rejected", std::move(rejected)},  {"accepted_units", counts.accepted_units}};
  object["verdicts"] = std::move(lines);
  return object;
}

void print_counts(Desk& desk, const CheckWords& words, const FileCheck& check) {
  const UnitCounts& counts = check.counts;
  desk.out() << "If " << shown_bytes(words.name) << " were dropped now:\n";
  Table table({{"data lines"}, {"", true}});
  const auto add = [&](std::string_view name, std::int64_t number) {
    if (number != 0) table.add({std::string(name), with_separators(number)});
  };
  table.add({"all", with_separators(counts.lines)});
  add("accepted", counts.accepted);
  add("  of these not billable: meter outside its dates", counts.not_billable_meter);
  add("duplicate", counts.duplicate);
  add("conflict", counts.conflict);
  for (std::size_t i = 0; i < reject_reason_count; ++i) {
    const auto reason = static_cast<RejectReason>(i);
    add(fmt::format("rejected: {}", name_of(reason)), counts.rejected[i]);
  }
  add("units accepted", counts.accepted_units);
  table.print(desk.out());
}

[[noreturn]] void refuse(std::string code, std::string message) {
  throw Refused({std::move(code), std::move(message)});
}

// Status 1 where something of the file would be lost on the ledger.
void end_with_status(const CheckWords& words, const FileCheck& check) {
  const std::string name = shown_bytes(words.name);
  if (!check.failure.empty()) {
    refuse("would_fail",
           fmt::format("{} would {}fail: {}. Mend it before you drop it.", name,
                       check.counts.lines > 0 ? "in part " : "", shown_bytes(check.failure)));
  }
  const std::int64_t bad = check.counts.conflict + check.counts.rejected_total();
  if (bad > 0) {
    refuse("would_reject",
           fmt::format("{} of {} data lines of {} would be rejected. Mend them, or drop the file "
                       "and drive them in again later (packctl rejects redrive).",
                       with_separators(bad), with_separators(check.counts.lines), name));
  }
}

void check(Desk& desk, CheckWords words) {
  std::error_code error;
  if (!std::filesystem::exists(words.path, error)) {
    refuse("unknown_file", fmt::format("There is no file '{}' to check.", shown_bytes(words.path)));
  }
  if (words.name.empty()) words.name = std::filesystem::path(words.path).filename().string();
  if (words.name.starts_with('.') || words.name.ends_with(".tmp")) {
    refuse("left_alone",
           fmt::format("A name that begins with '.' or ends in .tmp is left alone in incoming/, "
                       "as one that is being written (U1). --as NAME checks '{}' under another "
                       "one.",
                       shown_bytes(words.name)));
  }
  Table table({{"line", true}, {"verdict"}, {"why"}});
  boost::json::array lines;
  std::uint64_t left_out = 0;
  FileCheckSinks sinks;
  sinks.line = [&](const CheckedLine& line) {
    if (!words.every_line && line.verdict == LineVerdict::accepted) return;
    if (lines.size() == words.limit) {
      ++left_out;
      return;
    }
    lines.push_back(json_of(line));
    table.add({with_separators(static_cast<std::int64_t>(line.place.line_no)),
               std::string(verdict_of(line)), line.detail});
  };
  const FileCheck told = [&] {
    Progress progress("checking", !desk.json);
    sinks.progress = [&](std::uint64_t done, std::uint64_t all) { progress.show(done, all); };
    return desk.context().check_file(words.path, words.name, desk.now(), sinks);
  }();
  if (desk.json) {
    boost::json::object object = json_of(words, told, std::move(lines));
    object["verdicts_left_out"] = left_out;
    desk.print(object);
    return end_with_status(words, told);
  }
  if (told.taken && told.taken->complete) {
    desk.out() << "The ledger has these very bytes: they arrived as "
               << shown_bytes(told.taken->file.name) << " on "
               << shown_time(told.taken->file.arrival)
               << ". Dropped again they change nothing (U4).\n";
    return;
  }
  print_counts(desk, words, told);
  if (!lines.empty()) {
    desk.out() << '\n';
    table.print(desk.out());
  }
  if (left_out > 0) {
    desk.out() << "and " << with_separators(static_cast<std::int64_t>(left_out))
               << " more; --limit shows them.\n";
  }
  end_with_status(words, told);
}

}  // namespace

void add_check_words(CLI::App& spool, Action& chosen) {
  const auto words = std::make_shared<CheckWords>();
  CLI::App* command = spool.add_subcommand(
      "check", "what would become of each line of a file, before it is dropped");
  command->add_option("file", words->path, "a usage file anywhere")->type_name("FILE")->required();
  command->add_option("--as", words->name, "the name under which it will be dropped (its own)")
      ->type_name("NAME");
  command->add_option("--limit", words->limit, "at most so many lines are listed (20)")
      ->type_name("N");
  command->add_flag("--all", words->every_line, "list lines that are accepted, too");
  command->final_callback(
      [&chosen, words] { chosen = [words](Desk& desk) { check(desk, *words); }; });
}

}  // namespace packwarden
