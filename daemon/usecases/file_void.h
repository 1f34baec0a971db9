#pragma once

#include <string>

#include "usecases/account_changes.h"
#include "usecases/command_run.h"

namespace packwarden {

struct FileVoidOrder {
  Digest digest{};
  std::string reason;            // 1 to 255 characters, for whoever asks later
  bool broken_off = false;       // also one that has not come to its end (S13)
  std::optional<Instant> as_of;  // see Ledger::transact
};

inline constexpr std::size_t max_void_reason_bytes = 255;

// U10: takes back all that a usage file did, in one ledger transaction. `count` of the outcome is
// 1, or 0 where the file had been voided before and nothing was changed. Refused: an unknown file,
// one that is still being read, no reason, a request id of another command.
CommandOutcome void_file(Ledger& ledger, const BillingContext& context, const FileVoidOrder& order,
                         const std::string& request_id);

}  // namespace packwarden
