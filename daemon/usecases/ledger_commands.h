#pragma once

#include <cstdint>
#include <string>

#include "usecases/command_run.h"

// What an operator decides about the ledger as a whole (docs/LEDGER.md).
namespace packwarden {

// Accepts a database that is older than what daemons have seen of it: it goes on from ledger
// transaction `sequence`, which must be its newest, and every process loads all again. What was
// committed after it elsewhere is gone. P9 and errors: see run_command. Refusals: moved_on.
CommandOutcome accept_older(Ledger& ledger, Sequence sequence, std::optional<Instant> as_of,
                            const std::string& request_id);

// Accepts the database's clock, which the ledger's last instant is ahead of: the one step back that
// ledger time can take. `ledger` was made with LedgerOptions::accept_clock. Jobs look again at what
// they had done for the time ahead. P9 and errors: see run_command. Refusals: not_ahead.
CommandOutcome accept_clock(Ledger& ledger, const std::string& request_id);

}  // namespace packwarden
