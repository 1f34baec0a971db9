#pragma once

#include <memory>
#include <stop_token>

#include "app/settings.h"
#include "app/telemetry.h"
#include "http/http_server.h"
#include "store/mysql_ledger.h"
#include "usecases/entitlement_book.h"

namespace packwarden {

// The HTTP port with what it answers from, wired, on a connection of its own. Where the settings
// have the port off there is nothing to follow. `telemetry` must outlive it. Throws
// HttpUnavailable, DatabaseError.
class EntitlementComposition {
 public:
  EntitlementComposition(const Settings& settings, Telemetry& telemetry);

  bool is_on() const { return server_ != nullptr; }
  // Follows the ledger until `stop` is requested; while the database is away, the answers age.
  void follow(std::stop_token stop);

 private:
  void look();

  Telemetry* telemetry_;
  Catalogue catalogue_;
  MySqlLedger ledger_;
  std::unique_ptr<EntitlementBook> book_;
  std::unique_ptr<HttpServer> server_;
  bool loaded_ = false;
};

}  // namespace packwarden
