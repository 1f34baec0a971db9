#pragma once

#include <span>
#include <string>

#include "usecases/account_changes.h"
#include "usecases/command_run.h"

namespace packwarden {

struct PostpaidOrder {
  std::string product;
  std::span<const std::string> accounts;
  bool on = false;
  std::optional<Instant> as_of;  // see Ledger::transact
};

// O4: switches postpaid of a product on or off, for all of the accounts or none. P9 and errors: see
// run_command. Refusals: those of main_accounts, unknown_product; on: no_postpaid, closed_account,
// no_bought_pack, no_money, already_on; off: already_off.
CommandOutcome switch_postpaid(Ledger& ledger, const BillingContext& context,
                               const PostpaidOrder& order, const std::string& request_id);

}  // namespace packwarden
