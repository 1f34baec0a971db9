#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>

#include "app/loop_host.h"
#include "app/settings.h"
#include "app/telemetry.h"
#include "http/http_server.h"
#include "store/mysql_ledger.h"
#include "usecases/entitlement_book.h"
#include "usecases/ingest.h"

namespace packwarden {

// The HTTP port with what it answers from, wired, on a connection of its own. `settings` have the
// port on; `telemetry` must outlive it. Throws HttpUnavailable, DatabaseError.
class EntitlementComposition : public LoadedBeside {
 public:
  // `loop`: as for IngestComposition.
  EntitlementComposition(const Settings& settings, Telemetry& telemetry, LoopWatch::Loop* loop);

  // Follows the ledger from where it was loaded to, until `stop` is requested; while the database
  // is away, the answers age. `on_ready` is called once all is loaded, so that questions are
  // answered.
  void follow(const LoopHost& host, std::stop_token stop, const std::function<void()>& on_ready);

  void begin() override;
  void take_over(const Changes& piece) override;
  void complete() override;

 private:
  // The clock of the database, as it went on since it was last read: a host's clock decides
  // nothing.
  Instant now() const;
  void look();
  void are_as_of(Instant as_of);
  void set_clock(Instant clock);

  Telemetry* telemetry_;
  Catalogue catalogue_;
  BusinessCalendar calendar_;
  MySqlLedger ledger_;
  std::mutex taking_over_;  // of the book: by the thread that loads it, or by the one that follows
  std::unique_ptr<EntitlementBook> book_;
  std::unique_ptr<HttpServer> server_;
  Instant loads_from_;
  std::atomic<bool> loaded_ = false;
  std::atomic<std::int64_t> clock_ahead_nanos_;  // of the steady clock
};

}  // namespace packwarden
