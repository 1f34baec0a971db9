#pragma once

#include "spool/files.h"
#include "usecases/ledger_port.h"

namespace packwarden {

// Appends the rejected lines of a usage file to `out` (U5), as CSV of RFC 4180 with the columns
// line, reason, detail, text; text holds the bytes of the line as they came. In bounded memory.
//
// `source` is the usage file, or -1 where it is gone. `rejected_lines` is FileOutcome's; in order
// of offset the source is read once. Where the source no longer holds a line, the detail says so
// and the text is what is left of it. Throws SpoolUnavailable where reading or writing fails,
// std::runtime_error where `rejected_lines` is not of that form.
void append_rejects(NewFile& out, int source, const RejectedLines& rejected_lines);

}  // namespace packwarden
