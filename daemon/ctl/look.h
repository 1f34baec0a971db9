#pragma once

#include "ctl/desk.h"
#include "usecases/situation.h"

namespace packwarden {

// The situation as at desk.now(), read through what the desk has open. What cannot be seen is said
// in it; throws for the settings alone (ConfigBroken, Refused).
Situation look(Desk& desk, std::uint32_t counted_deliveries_max);

}  // namespace packwarden
