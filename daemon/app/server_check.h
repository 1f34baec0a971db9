#pragma once

#include "app/settings.h"

namespace packwarden {

// Looks at the settings of the database's server before anything is written to it, and logs each
// that is not as we need it. Throws LedgerUnavailable where the server is unusable, or unsafe and
// database.unsafe_server is refuse; DatabaseError.
void require_server(const Settings& settings);

}  // namespace packwarden
