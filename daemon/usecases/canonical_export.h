#pragma once

#include <iosfwd>

#include "usecases/report_port.h"

namespace packwarden {

// Prints the ledger in a stable order without ids and wall-clock times, so that two ledgers can be
// compared with diff. Tab-separated lines, with tab, newline and backslash in names as \t, \n, \\:
// docs/HISTORIES.md has them all. Throws LedgerUnavailable.
void export_canonical(Reports& reports, std::ostream& out);

}  // namespace packwarden
