#pragma once

#include <functional>

#include "mediation/content_reader.h"
#include "spool/files.h"
#include "usecases/ledger_port.h"

namespace packwarden {

// How the content of usage files is read here.
struct ContentLimits {
  UnpackLimits unpack;
  std::uint32_t max_line_bytes = 65'536;
};

// Appends the rejected lines of a usage file to `out` (U5), as CSV of RFC 4180 with the columns
// line, reason, detail, text; text holds the bytes of the line as they came. Of a CSV file the
// first row has the reason `header` and the header as its text, so that the lines can be driven in
// again without the file. In bounded memory.
//
// `source` is the usage file, or -1 where it is gone; `kind` that of its name. `rejected_lines` is
// FileOutcome's; in order of offset the content is read once. Where it no longer holds a line, the
// detail says so and the text is what is left of it. `on_block`, which may be null, is called for
// each block that was read. Throws SpoolUnavailable where reading or
// writing fails, std::runtime_error where `rejected_lines` is not of that form.
void append_rejects(NewFile& out, int source, FileKind kind, const ContentLimits& limits,
                    const RejectedLines& rejected_lines,
                    const std::function<void()>& on_block = {});

}  // namespace packwarden
