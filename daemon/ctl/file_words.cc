#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "ctl/change.h"
#include "ctl/desk.h"
#include "ctl/progress.h"
#include "ctl/receipt_words.h"
#include "usecases/file_void.h"

namespace packwarden {
namespace {

constexpr std::uint32_t default_duplicates = 20;

struct FileWords {
  std::string file;
  std::string reason;
  std::string request_id;
  std::uint32_t limit = default_duplicates;
  bool dry_run = false;
  bool broken_off = false;
};

// What the dry run knows of other files.
struct Duplicates {
  boost::json::array lines;
  Table table{{{"file"}, {"line", true}}};
  std::int64_t count = 0;
  std::vector<std::string> not_looked_at;
};

Duplicates find_duplicates(Desk& desk, const FileWords& words, const Digest& digest,
                           const VoidPlan& plan) {
  Duplicates found;
  for (const FileWithDuplicates& file : plan.files_with_duplicates) {
    const auto sink = [&](std::uint64_t line_no) {
      ++found.count;
      if (found.count > words.limit) return;
      const auto line = static_cast<std::int64_t>(line_no);
      found.table.add({shown_bytes(file.name), with_separators(line)});
      found.lines.push_back(
          boost::json::object{{"file", shown_bytes(file.name)}, {"line", line_no}});
    };
    const std::string reason = desk.context().find_duplicates(digest, file, sink);
    if (reason.empty()) continue;
    found.not_looked_at.push_back(fmt::format("{} of spool {} ({} duplicates): {}",
                                              shown_bytes(file.name), file.spool,
                                              with_separators(file.duplicates), reason));
  }
  return found;
}

boost::json::array packs_json(const VoidPlan& plan, Instant now) {
  boost::json::array packs;
  for (const PackBack& pack : plan.packs) {
    packs.push_back(boost::json::object{{"pack", value_of(pack.id)},
                                        {"account", pack.account},
                                        {"product", pack.product},
                                        {"tier", pack.tier},
                                        {"quota", pack.quota},
                                        {"left_before", pack.quota - pack.used},
                                        {"left_after", pack.quota - pack.used + pack.back},
                                        {"expired", pack.expires_at <= now}});
  }
  return packs;
}

void print_plan(Desk& desk, const VoidPlan& plan) {
  const Instant now = desk.now();
  std::ostream& out = desk.out();
  Table packs({{"pack", true},
               {"account"},
               {"product"},
               {"tier"},
               {"quota", true},
               {"left before", true},
               {"left after", true},
               {"expires at"}});
  for (const PackBack& pack : plan.packs) {
    const Units left = pack.quota - pack.used;
    packs.add({std::to_string(value_of(pack.id)), pack.account, pack.product, pack.tier,
               with_separators(pack.quota), with_separators(left),
               with_separators(left + pack.back),
               shown_time(pack.expires_at) +
                   (pack.expires_at <= now ? " (expired: for late records only)" : "")});
  }
  out << "Packs that get units back:\n";
  packs.print(out);
  Table usage({{"used by"}, {"product"}, {"meter"}, {"day"}, {"outcome"}, {"units that go", true}});
  for (const UsageRow& row : plan.usage) {
    usage.add({row.used_by, row.product, row.meter, to_string(row.day),
               std::string(name_of(row.outcome)), with_separators(row.units)});
  }
  out << "\nUsage that goes:\n";
  usage.print(out);
}

// When and why it was voided; empty where that is not known.
std::string told_of(const FileOutcome& outcome) {
  if (!outcome.voided) return "";
  return fmt::format(", on {} ({})", shown_time(outcome.voided->voided_at),
                     shown_bytes(outcome.voided->reason));
}

void dry_run(Desk& desk, const FileWords& words, const FileOutcome& outcome) {
  const Digest& digest = outcome.file.digest;
  VoidPlan plan = desk.context().reports().void_plan(digest);
  const Duplicates duplicates = find_duplicates(desk, words, digest, plan);
  std::int64_t ids = 0;
  if (outcome.voided) {  // a second void changes nothing
    plan = {};
  } else {
    desk.context().ledger().keys_of_file(digest, [&](const KeySegment& segment) {
      ids += static_cast<std::int64_t>(segment.keys.size());
    });
  }
  if (desk.json) {
    boost::json::array usage;
    for (const UsageRow& row : plan.usage) {
      usage.push_back(boost::json::object{{"used_by", row.used_by},
                                          {"product", row.product},
                                          {"meter", row.meter},
                                          {"day", to_string(row.day)},
                                          {"outcome", name_of(row.outcome)},
                                          {"units", row.units}});
    }
    boost::json::object object{{"file", shown_bytes(outcome.file.name)},
                               {"digest", "sha256:" + to_hex(digest)},
                               {"voided_before", outcome.voided.has_value()},
                               {"ids_freed", ids},
                               {"duplicates", duplicates.count}};
    object["packs"] = packs_json(plan, desk.now());
    object["usage"] = std::move(usage);
    object["duplicate_lines"] = duplicates.lines;
    object["not_looked_at"] = boost::json::value_from(duplicates.not_looked_at);
    return desk.print(object);
  }
  std::ostream& out = desk.out();
  if (outcome.voided) {
    out << shown_bytes(outcome.file.name) << " was voided before" << told_of(outcome)
        << "; a void would change nothing.\n";
  } else {
    out << "A void of " << shown_bytes(outcome.file.name) << " would change this:\n\n";
    print_plan(desk, plan);
    out << '\n' << with_separators(ids) << " ids would be free again.\n";
  }
  if (duplicates.count > 0) {
    out << "\nThese records of other files were duplicates of it and "
        << (outcome.voided ? "were not" : "would not be") << " revived; drop them anew:\n";
    duplicates.table.print(out);
    if (duplicates.count > words.limit) {
      out << "and " << with_separators(duplicates.count - words.limit)
          << " more; --limit shows them.\n";
    }
  }
  for (const std::string& file : duplicates.not_looked_at) {
    out << "Not looked at for duplicates of it: " << file << ".\n";
  }
  out << "\nNothing was changed: this was a dry run.\n";
}

FileOutcome find_file(Desk& desk, const std::string& name_or_digest) {
  const auto digests = find_files(desk, name_or_digest);
  if (digests.size() > 1) {
    std::string list;
    for (const Digest& digest : digests) list += "\n  sha256:" + to_hex(digest);
    throw Refused(
        {"several_files", fmt::format("{} files came as '{}'. Give the digest of one:{}",
                                      digests.size(), shown_bytes(name_or_digest), list)});
  }
  return desk.context().ledger().outcomes_of(digests).front();
}

void void_one(Desk& desk, const FileWords& words) {
  const FileOutcome outcome = find_file(desk, words.file);
  const std::string name = shown_bytes(outcome.file.name);
  if (words.dry_run) return dry_run(desk, words, outcome);
  if (shown_bytes(words.reason) != words.reason) {
    throw Refused({"bad_reason",
                   "The reason is not UTF-8, or has a control character in it. Give it as plain "
                   "text on one line."});
  }
  const FileVoidOrder order{outcome.file.digest, words.reason, words.broken_off, desk.as_of};
  const auto [done, request_id] = run_request(desk, words.request_id, [&](const std::string& id) {
    const Elapsed elapsed("voiding", !desk.json);
    return void_file(desk.context().ledger(), desk.billing(), order, id);
  });
  if (desk.json) {
    return desk.print(boost::json::object{
        {"voided", done.count}, {"request_id", request_id}, {"repeated", done.repeated}});
  }
  if (done.count == 0) {
    desk.out() << name << " was voided before" << told_of(outcome) << "; nothing was changed.\n";
    return;
  }
  if (done.repeated) {
    desk.out() << name << " had been voided by this request before" << told_of(outcome) << ".\n";
    return;
  }
  desk.out() << name << " is voided: " << with_separators(outcome.counts.accepted_units)
             << " units of " << with_separators(outcome.counts.accepted)
             << " records were taken back, and their ids are free.\n";
}

void redrive(Desk& desk, const FileWords& words) {
  const FileOutcome outcome = find_file(desk, words.file);
  if (!outcome.voided) {
    throw Refused({"not_voided",
                   fmt::format("{} was not voided: all of its records would be duplicates. Void it "
                               "first, if it was wrong.",
                               shown_bytes(outcome.file.name))});
  }
  Progress progress("packing", !desk.json);
  const auto redriven = desk.context().spool().redrive_file(
      outcome.file.claim, outcome.file.name,
      [&](std::uint64_t done, std::uint64_t all) { progress.show(done, all); });
  if (!redriven) throw Refused(redriven.error());
  if (desk.json) {
    return desk.print(boost::json::object{{"dropped_as", shown_bytes(redriven->name)}});
  }
  desk.out() << "All of it is in incoming/ as " << shown_bytes(redriven->name)
             << "; it gets a receipt of its own.\n";
}

}  // namespace

void add_file_words(CLI::App& app, Action& chosen) {
  CLI::App* group = add_group(app, "file", "usage files that were taken");
  const auto words = std::make_shared<FileWords>();
  CLI::App* voiding = group->add_subcommand("void", "take back all that a file did (U10)");
  voiding->add_option("file", words->file, "its name as it came, or its digest")
      ->type_name("NAME_OR_DIGEST")
      ->required();
  auto* reason = voiding->add_option("--reason", words->reason, "why, for the auditor");
  reason->type_name("TEXT");
  auto* dry = voiding->add_flag("--dry-run", words->dry_run, "show before and after alone");
  voiding->add_flag("--broken-off", words->broken_off,
                    "also where it has not come to its end: only if it lies in failed/ (S13)");
  voiding->add_option("--limit", words->limit, "at most so many duplicates are listed (20)")
      ->type_name("N");
  add_request_word(*voiding, words->request_id);
  voiding->parse_complete_callback([reason, dry] {
    if (reason->empty() && dry->empty()) throw CLI::RequiredError("--reason, or --dry-run");
  });
  CLI::App* redriving =
      group->add_subcommand("redrive", "take a voided file again, as a new arrival (U4, S11)");
  redriving->add_option("file", words->file, "its name as it came, or its digest")
      ->type_name("NAME_OR_DIGEST")
      ->required();
  redriving->final_callback(
      [&chosen, words] { chosen = [words](Desk& desk) { redrive(desk, *words); }; });
  voiding->final_callback(
      [&chosen, words] { chosen = [words](Desk& desk) { void_one(desk, *words); }; });
}

}  // namespace packwarden
