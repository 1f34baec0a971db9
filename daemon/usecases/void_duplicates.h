#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>

#include "usecases/unit_decoder.h"

namespace packwarden {

// U10: the lines of a usage file that were duplicates of records of another one, which is to be
// voided; they would not be revived. `keys` are those of the other one (Ledger::keys_of_file), and
// come out as they went in. `outcome` is that of the file, `bytes` what is archived of it, and
// `units` the numbers of its rating units that are looked at, ascending. `context` needs the
// directory, and no floor. Not empty: why it could not be read (to its end).
std::string find_duplicates_of(DedupeIndex& keys, const DecodeContext& context,
                               const FileOutcome& outcome, std::unique_ptr<UsageFile> bytes,
                               std::span<const std::uint32_t> units,
                               const std::function<void(std::uint64_t line_no)>& line);

}  // namespace packwarden
