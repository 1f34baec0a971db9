#pragma once

#include <span>
#include <string>

#include "domain/business_calendar.h"
#include "domain/catalogue.h"
#include "usecases/command_run.h"

namespace packwarden {

// Each account that is named gets one pack, begun at `now`; all of them, or none. The catalogue has
// the ids of the ledger. P9 and errors: see run_command.
struct PackOrder {
  std::string product;
  std::span<const std::string> accounts;
  Instant now;
};

// P2. Refusals: those of claim_trial, unknown_product, unknown_account, named_twice, nothing_to_do.
CommandOutcome claim_trials(Ledger& ledger, const Catalogue& catalogue, const PackOrder& order,
                            const std::string& request_id);

// P1. Refusals: those of buy_pack, and the others above.
CommandOutcome buy_packs(Ledger& ledger, const Catalogue& catalogue,
                         const BusinessCalendar& calendar, const PackOrder& order,
                         const std::string& tier, const std::string& request_id);

}  // namespace packwarden
