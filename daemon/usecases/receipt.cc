#include "usecases/receipt.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <iterator>
#include <string_view>

#include "domain/reject_reason.h"

namespace packwarden {
namespace {

namespace json = boost::json;

// Bytes of the UTF-8 character at the start of `text`; 0 where there is none (RFC 3629: no overlong
// forms, no surrogates, nothing beyond U+10FFFF).
std::size_t character_bytes(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead < 0xC2   ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return 0;
  }
  const unsigned second = byte(1);
  if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F)) return 0;
  if ((lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) return 0;
  return length;
}

json::string as_text(std::string_view bytes) {
  std::string text;
  while (!bytes.empty()) {
    const std::size_t length = character_bytes(bytes);
    if (length == 0) {
      fmt::format_to(std::back_inserter(text), "\\x{:02X}", static_cast<unsigned char>(bytes[0]));
    } else {
      text.append(bytes.substr(0, length));
    }
    bytes.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return json::string(text);
}

// Objects one key a line; Boost.JSON itself writes everything on one.
void append_pretty(std::string& out, const json::value& value, std::size_t depth) {
  const json::object* object = value.if_object();
  if (object == nullptr || object->empty()) {
    out += json::serialize(value);
    return;
  }
  const char* separator = "{\n";
  for (const json::key_value_pair& pair : *object) {
    out.append(separator).append(2 * (depth + 1), ' ');
    out.append(json::serialize(json::string(pair.key()))).append(": ");
    append_pretty(out, pair.value(), depth + 1);
    separator = ",\n";
  }
  out.append("\n").append(2 * depth, ' ').append("}");
}

std::string_view name_of(FileEnding ending) {
  switch (ending) {
    case FileEnding::taken:
      return "taken";
    case FileEnding::repeat:
      return "repeat";
    case FileEnding::failed:
      break;
  }
  return "failed";
}

json::object rejected_of(const UnitCounts& counts) {
  json::object rejected;
  for (std::size_t i = 0; i < reject_reason_count; ++i) {
    if (counts.rejected[i] == 0) continue;
    rejected[name_of(static_cast<RejectReason>(i))] = counts.rejected[i];
  }
  return rejected;
}

json::object units_of(const UnitCounts& counts) {
  json::object units;
  units["accepted"] = counts.accepted_units;
  units["drawn"] = counts.drawn_units;
  units["overage"] = counts.overage_units;
  units["overrun"] = counts.overrun_units;
  units["not_billable"] = counts.not_billable_units;
  return units;
}

}  // namespace

std::string receipt_json(const ClaimedFile& file, const std::string& spool, FileEnding ending,
                         const FileOutcome& outcome) {
  const RegisteredFile& registered = outcome.file;
  const UnitCounts& counts = outcome.counts;
  json::object receipt;
  receipt["file"] = as_text(file.name);
  receipt["digest"] =
      registered.digest == Digest{} ? std::string() : "sha256:" + to_hex(registered.digest);
  receipt["claim"] = as_text(file.claim);
  receipt["spool"] = as_text(spool);
  receipt["outcome"] = name_of(ending);
  receipt["reason"] = as_text(outcome.failure);
  if (ending == FileEnding::repeat &&
      (registered.spool != spool || registered.claim != file.claim)) {
    receipt["first_seen"] = json::object{{"file", as_text(registered.name)},
                                         {"spool", as_text(registered.spool)},
                                         {"arrival", to_rfc3339(registered.arrival)}};
  }
  receipt["arrival"] = to_rfc3339(file.arrival);
  receipt["finished"] = to_rfc3339(outcome.finished_at);
  receipt["lines"] = counts.lines;
  receipt["accepted"] = counts.accepted;
  receipt["duplicate"] = counts.duplicate;
  receipt["conflict"] = counts.conflict;
  receipt["rejected"] = rejected_of(counts);
  json::object not_billable;
  if (counts.not_billable_meter != 0) not_billable["meter"] = counts.not_billable_meter;
  if (counts.not_billable_integration != 0) {
    not_billable["integration"] = counts.not_billable_integration;
  }
  receipt["not_billable"] = not_billable;
  receipt["units"] = units_of(counts);

  std::string text;
  append_pretty(text, receipt, 0);
  text.push_back('\n');
  return text;
}

}  // namespace packwarden
