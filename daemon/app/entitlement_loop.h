#pragma once

#include <functional>
#include <memory>
#include <stop_token>

#include "app/loop_host.h"
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
  // `loop`: as for IngestComposition.
  EntitlementComposition(const Settings& settings, Telemetry& telemetry, LoopWatch::Loop* loop);

  bool is_on() const { return server_ != nullptr; }
  // Follows the ledger until `stop` is requested; while the database is away, the answers age.
  // `on_ready` is called once all is loaded, so that questions are answered.
  void follow(const LoopHost& host, std::stop_token stop, const std::function<void()>& on_ready);

 private:
  void look(const std::stop_token& stop);

  Telemetry* telemetry_;
  Catalogue catalogue_;
  MySqlLedger ledger_;
  std::unique_ptr<EntitlementBook> book_;
  std::unique_ptr<HttpServer> server_;
  bool loaded_ = false;
};

}  // namespace packwarden
