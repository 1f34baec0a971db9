#pragma once

#include <span>
#include <string>

#include "usecases/account_changes.h"
#include "usecases/command_run.h"

namespace packwarden {

// Each account that is named gets one pack. P9 and errors: see run_names_command.
struct PackOrder {
  std::string product;
  std::span<const std::string> accounts;
  std::optional<Instant> as_of;  // see Ledger::transact
  // P6: of the payment from outside that covers the order; empty: the balances of the accounts pay.
  std::string paid_by{};
};

// P2. Refusals: those of claim_trial, unknown_product, and of named_accounts.
CommandOutcome claim_trials(Ledger& ledger, const BillingContext& context, const PackOrder& order,
                            const std::string& request_id);

// P1, P6, O4: postpaid is switched on with it where money is left. Refusals: those of buy_pack and
// pay_for, and of named_accounts and take_payment.
CommandOutcome buy_packs(Ledger& ledger, const BillingContext& context, const PackOrder& order,
                         const std::string& tier, const std::string& request_id);

}  // namespace packwarden
