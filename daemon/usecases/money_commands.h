#pragma once

#include <string>

#include "usecases/account_changes.h"
#include "usecases/command_run.h"

namespace packwarden {

inline constexpr std::size_t max_reference_bytes = 128;

// Whether a payment may be named so: 1 to max_reference_bytes bytes of UTF-8 without control
// characters or white space at its ends.
bool is_reference(const std::string& text);

struct TopUpOrder {
  std::string account;  // a main account
  MoneyMicros amount_micros = 0;
  std::string reference;         // of the payment; works once (P6)
  std::optional<Instant> as_of;  // see Ledger::transact
};

// Books money that came in on the balance of an account. P9 and errors: see run_command. Refusals:
// those of top_up, bad_reference, reference_used, unknown_account, sub_account.
CommandOutcome top_up_balance(Ledger& ledger, const BillingContext& context,
                              const TopUpOrder& order, const std::string& request_id);

}  // namespace packwarden
