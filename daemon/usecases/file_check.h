#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "usecases/unit_decoder.h"

namespace packwarden {

enum class LineVerdict : std::uint8_t { accepted, not_billable, duplicate, conflict, rejected };
std::string_view name_of(LineVerdict verdict);

// What would become of one data line.
struct CheckedLine {
  LinePlace place;
  LineVerdict verdict = LineVerdict::accepted;
  RejectReason reason = RejectReason::malformed;  // only where rejected
  const char* detail = "";
};

// What would become of a file if it were dropped now.
struct FileCheck {
  std::string failure;  // why it could not be read, or not beyond `counts`
  // The same bytes were taken, wholly: it would change nothing; or in part: `counts` are of all of
  // it, and what is taken already stands there as duplicates.
  std::optional<FileProgress> taken;
  UnitCounts counts;  // units: only accepted_units and not_billable_units
};

struct FileCheckInput {
  std::string name;  // as it would be dropped; its ending tells the format
  std::unique_ptr<UsageFile> bytes;
  Instant arrival;
  std::string spool;
  std::string default_source;
};
struct FileCheckSinks {
  std::function<void(const CheckedLine&)> line;  // in the order of the lines
  std::function<void(std::uint64_t done_bytes, std::uint64_t all_bytes)> progress;
};

// Reads the file as ingest would and changes nothing (U1 to U6). What is in the ledger already is
// told by the keys in the database, as of now: about 40 bytes of memory a data line, beside those
// of a rating unit. `context` needs no directory and no floor. Throws LedgerUnavailable and
// SpoolUnavailable.
FileCheck check_file(DecodeContext context, Ledger& ledger, FileCheckInput input,
                     const FileCheckSinks& sinks);

}  // namespace packwarden
