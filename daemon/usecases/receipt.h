#pragma once

#include <string>

#include "usecases/ledger_port.h"
#include "usecases/spool_port.h"

namespace packwarden {

// The receipt of a file (U7) as JSON for people and programs: one key a line, always in the same
// order, LF at the end. The same arguments give the same bytes, so a lost receipt can be written
// again from the database. `spool` is the name of the spool in which `file` lies.
//
// "digest" is empty where the file could not be read (all bytes of it are zero). Reasons and meters
// whose count is zero are left out. A repeat of what came in another file says in "first_seen"
// where that was. Bytes that are not UTF-8 stand as \xNN (in JSON: \\xNN), so the text is always
// valid JSON. Pure; thread-safe; throws nothing but std::bad_alloc.
std::string receipt_json(const ClaimedFile& file, const std::string& spool, FileEnding ending,
                         const FileOutcome& outcome);

}  // namespace packwarden
