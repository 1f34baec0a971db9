#pragma once

#include <optional>
#include <tl/expected.hpp>

#include "domain/journal.h"
#include "domain/pack.h"
#include "domain/refund.h"
#include "domain/refusal.h"

// P8, as docs/BILLING.md says. Pure; thread-safe.
namespace packwarden {

// Whether `wanted` may be taken at `now` with a pack of which `used` units are drawn, net of voided
// files, and whose last step is `last`. Refusals: trial_not_refundable, refund_over, pack_used and
// refund_open of a request; no_such_step of all others; refunded.
tl::expected<void, Refusal> may_take(RefundStep wanted, const Pack& pack, Units used,
                                     std::optional<RefundStep> last, Instant now);

// What completing the refund books; nothing for a pack that cost nothing.
std::optional<Journal> refund_of(const Pack& pack, Instant at);

}  // namespace packwarden
