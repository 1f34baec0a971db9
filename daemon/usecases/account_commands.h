#pragma once

#include <span>
#include <string>

#include "usecases/command_run.h"

namespace packwarden {

// Accounts and sub-accounts share one space of names (see domain/account_name.h). All names of a
// command are added, or none is. P9 and errors: see run_command.

// Main accounts. `language` is zh-CN or en. Refusals: bad_name, bad_language, name_taken,
// nothing_to_do.
CommandOutcome add_accounts(Ledger& ledger, std::span<const std::string> names,
                            const std::string& language, const std::string& request_id);

// P1: that the real-name identity of main accounts is verified, from `now` on. Refusals: those of
// main_accounts, verified_before.
CommandOutcome verify_identities(Ledger& ledger, std::span<const std::string> names, Instant now,
                                 const std::string& request_id);

// Sub-accounts of a main account, with its language. Refusals: bad_name, name_taken,
// unknown_account, sub_account, nothing_to_do.
CommandOutcome add_sub_accounts(Ledger& ledger, const std::string& main_account,
                                std::span<const std::string> names, const std::string& request_id);

}  // namespace packwarden
