#include "app/clocks.h"

#include "store/mysql_ledger.h"

namespace packwarden {

Instant now() {
  return host_now();
}

}  // namespace packwarden
