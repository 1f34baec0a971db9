#pragma once

#include <string>

#include "domain/refund.h"
#include "usecases/account_changes.h"
#include "usecases/command_run.h"

namespace packwarden {

inline constexpr std::size_t max_refund_reason_bytes = 255;

struct RefundOrder {
  PackId pack{};
  RefundStep step = RefundStep::requested;
  std::string reason;            // of a rejection; empty else
  std::optional<Instant> as_of;  // see Ledger::transact
};

// P8: takes a step of a refund; completing it books the price on the balance. P9 and errors: see
// run_command. Refusals: those of may_take, unknown_pack, no_reason, balance_too_high.
CommandOutcome take_refund_step(Ledger& ledger, const BillingContext& context,
                                const RefundOrder& order, const std::string& request_id);

}  // namespace packwarden
