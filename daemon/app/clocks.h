#pragma once

#include "domain/instant.h"

namespace packwarden {

// This host's clock, to the microsecond.
Instant now();

}  // namespace packwarden
