#pragma once

#include <iosfwd>

#include "usecases/report_port.h"

namespace packwarden {

// Prints the ledger in a stable order without ids and wall-clock times, so that two ledgers can be
// compared with diff. Tab-separated lines, with tab, newline and backslash in names as \t, \n, \\:
//
//   account NAME PARENT|-
//   notice ACCOUNT PRODUCT N KIND LEVEL STATE
//   pack ACCOUNT PRODUCT TIER N QUOTA USED
//   usage ACCOUNT USED_BY PRODUCT METER DAY OUTCOME N|- UNITS
//
// N is 1, 2... in the order of purchase within account and product; usage is summed over all
// ledger transactions. Throws LedgerUnavailable.
void export_canonical(Reports& reports, std::ostream& out);

}  // namespace packwarden
