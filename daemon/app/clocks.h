#pragma once

#include "domain/instant.h"

namespace packwarden {

// This host's clock, to the microsecond.
Instant now();

// What is let go cannot come back: a clock that has jumped must not let go of anything. Whether
// this host's clock (`here`) and that of the database agree to within an hour; if not, an error is
// logged that says what is left undone: `consequence`.
bool clocks_agree(Instant here, Instant there, const char* consequence);

}  // namespace packwarden
