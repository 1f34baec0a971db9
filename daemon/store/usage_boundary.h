#pragma once

#include "domain/ids.h"
#include "domain/instant.h"
#include "store/session.h"

namespace packwarden {

// The last ledger transaction before the first one with usage (rating units or a void) that was
// committed at or after `at`, by the instants of receipts and voids. What is appended later does
// not move it once there is such a one, as long as the clocks of the hosts are less than an hour
// apart. In the transaction that the session is in; throws DatabaseError.
Sequence last_before_usage_at(Session& session, Instant at);

}  // namespace packwarden
