#include "ctl/receipt_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "domain/account_name.h"
#include "usecases/receipt.h"

namespace packwarden {
namespace {

constexpr std::string_view digest_prefix = "sha256:";

std::string_view outcome_of(const FileOutcome& outcome) {
  if (!outcome.failure.empty()) return "failed";
  return outcome.complete ? "taken" : "unfinished";
}

bool has_ended(const FileOutcome& outcome) {
  return outcome.complete || !outcome.failure.empty();
}

// The bytes of the receipt that the spool of the file holds, or held.
std::string receipt_text(const FileOutcome& outcome) {
  const RegisteredFile& file = outcome.file;
  const FileEnding ending = outcome.failure.empty() ? FileEnding::taken : FileEnding::failed;
  return receipt_json({file.claim, file.name, file.arrival}, file.spool, ending, outcome);
}

void print_for_people(Desk& desk, const FileOutcome& outcome) {
  const UnitCounts& counts = outcome.counts;
  std::ostream& out = desk.out();
  out << "file      " << shown_bytes(outcome.file.name) << "\ndigest    " << digest_prefix
      << to_hex(outcome.file.digest) << "\nspool     " << outcome.file.spool << "\noutcome   "
      << outcome_of(outcome) << (outcome.failure.empty() ? "" : ": ")
      << shown_bytes(outcome.failure) << "\narrival   " << shown_time(outcome.file.arrival)
      << "\nfinished  " << shown_time(outcome.finished_at) << '\n';
  if (outcome.voided) {
    out << "voided    " << shown_time(outcome.voided->voided_at) << ": "
        << shown_bytes(outcome.voided->reason) << '\n';
  }
  Table table({{"lines"}, {"", true}});
  const auto add = [&](std::string_view name, std::int64_t number) {
    table.add({std::string(name), with_separators(number)});
  };
  add("all data lines", counts.lines);
  add("accepted", counts.accepted);
  if (counts.not_billable_meter != 0) {
    add("  not billable: meter outside its dates", counts.not_billable_meter);
  }
  add("duplicate", counts.duplicate);
  add("conflict", counts.conflict);
  for (std::size_t i = 0; i < reject_reason_count; ++i) {
    if (counts.rejected[i] == 0) continue;
    add(fmt::format("rejected: {}", name_of(static_cast<RejectReason>(i))), counts.rejected[i]);
  }
  add("units accepted", counts.accepted_units);
  add("  drawn from packs", counts.drawn_units);
  add("  overage", counts.overage_units);
  add("  overrun", counts.overrun_units);
  add("  not billable", counts.not_billable_units);
  table.print(out);
  out << '\n';
}

}  // namespace

std::vector<Digest> find_files(Desk& desk, const std::string& name_or_digest) {
  const bool prefixed = name_or_digest.starts_with(digest_prefix);
  auto digests = desk.context().reports().find_files(
      prefixed ? name_or_digest.substr(digest_prefix.size()) : name_or_digest);
  if (!digests.empty()) return digests;
  throw Refused({"unknown_file",
                 fmt::format("The ledger knows no usage file '{}'. Give its name as it stood in "
                             "incoming/, or its SHA-256. A file that changed nothing (repeat, "
                             "failed) has its receipt in receipts/ alone.",
                             shown_bytes(name_or_digest))});
}

void show_receipts(Desk& desk, const std::string& name_or_digest) {
  Context& context = desk.context();
  const auto digests = find_files(desk, name_or_digest);
  const std::vector<FileOutcome> outcomes = context.ledger().outcomes_of(digests);
  if (!desk.json) {
    for (const FileOutcome& outcome : outcomes) print_for_people(desk, outcome);
    return;
  }
  if (std::none_of(outcomes.begin(), outcomes.end(), has_ended)) {
    throw Refused(
        {"unfinished",
         fmt::format("Usage file '{}' has not come to its end. It is still being read, or "
                     "broke off: then it lies in failed/, and its receipt in receipts/. "
                     "--output table shows how far it is.",
                     shown_bytes(name_or_digest))});
  }
  for (const FileOutcome& outcome : outcomes) {
    if (has_ended(outcome)) desk.out() << receipt_text(outcome);
  }
}

}  // namespace packwarden
