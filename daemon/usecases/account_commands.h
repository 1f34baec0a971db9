#pragma once

#include <span>
#include <string>
#include <vector>

#include "usecases/account_changes.h"
#include "usecases/command_names.h"

namespace packwarden {

// Accounts and sub-accounts share one space of names (see domain/account_name.h). P9 and errors:
// see run_names_command; refusals are of a name where they speak of one. `as_of`: see
// Ledger::transact.

// Main accounts. `language` is zh-CN or en. Refusals: bad_name, bad_language, name_taken,
// nothing_to_do.
CommandOutcome add_accounts(Ledger& ledger, std::span<const std::string> names,
                            const std::string& language, std::optional<Instant> as_of,
                            const std::string& request_id, const CommandLimits& limits = {});

// What became known of main accounts by now, once and for ever: that their identity is verified
// (P1), that their client or server is integrated (B3), that they are closed (O11). Refusals: those
// of main_accounts, known_before.
CommandOutcome learn(Ledger& ledger, const BillingContext& context,
                     std::span<const std::string> names, std::span<const AccountFactKind> kinds,
                     std::optional<Instant> as_of, const std::string& request_id);

// Words KIND/MEDIUM of MutedNotices, for what is to be added and then for what is taken back.
struct MuteChange {
  std::vector<std::string> mute;
  std::vector<std::string> unmute;

  bool empty() const { return mute.empty() && unmute.empty(); }
};

// N4: replaces details of a main account, whatever their `account` says, and changes its choices.
// Refusals: those of main_accounts, bad_language, bad_email, bad_phone, bad_webhook, bad_muted,
// nothing_to_do.
CommandOutcome set_details(Ledger& ledger, const std::string& name,
                           std::span<const AccountDetail> details, const MuteChange& choices,
                           std::optional<Instant> as_of, const std::string& request_id);

// Sub-accounts of a main account, with its language. Refusals: bad_name, name_taken,
// unknown_account, sub_account, closed_account, nothing_to_do.
CommandOutcome add_sub_accounts(Ledger& ledger, const std::string& main_account,
                                std::span<const std::string> names, std::optional<Instant> as_of,
                                const std::string& request_id, const CommandLimits& limits = {});

}  // namespace packwarden
