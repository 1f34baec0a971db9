#include "app/server_check.h"

#include "app/composition.h"
#include "logging/log.h"
#include "store/server_settings.h"
#include "usecases/ledger_port.h"

namespace packwarden {

void require_server(const Settings& settings) {
  Session session(database_address(settings));
  const bool refuse_unsafe = settings.database.unsafe_server == "refuse";
  bool refused = false;
  for (const ServerFinding& finding : judge_server_settings(read_server_settings(session))) {
    if (finding.fault == ServerFault::unusable ||
        (finding.fault == ServerFault::unsafe && refuse_unsafe)) {
      refused = true;
      log_event(events::server_unfit, "{}", finding.message);
    } else {
      log_event(events::server_unwise, "{}", finding.message);
    }
  }
  if (refused) {
    throw LedgerUnavailable(
        "The database's server is not set up as we need it: packctl database check says how. What "
        "is "
        "unsafe there is only warned of with database.unsafe_server: warn.");
  }
}

}  // namespace packwarden
