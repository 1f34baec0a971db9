#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>

#include "app/composition.h"
#include "app/letting_go.h"

namespace packwarden {

class Telemetry;

// Lets the ingest thread sleep until there may be work: a hint of inotify, the time of the next
// scan, or the stop.
class Wakeup {
 public:
  void hint();
  void sleep(std::stop_token stop, std::chrono::milliseconds at_most);

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool hinted_ = false;
};

// Rounds of ingest until `stop` is requested; a database or spool that is not to be had is logged
// and tried again with growing pauses. Lets go of old dedupe keys when a new day comes. What breaks
// an invariant passes through.
void run_ingest(IngestComposition& composition, std::chrono::milliseconds scan_interval,
                Wakeup& wakeup, Telemetry& telemetry, std::stop_token stop,
                const std::function<void()>& on_ready);

struct IngestTally {
  std::size_t files = 0;
  UnitCounts counts;

  void add(const IngestReport& report);
};

// Once, before the first round. Throws LedgerUnavailable.
void load_books(IngestComposition& composition);

// Takes all that is in the spool, on books that are loaded. Throws as run_ingest_once does.
IngestTally take_all(IngestComposition& composition, LettingGo& letting_go,
                     std::optional<Instant> as_of);

// Takes all that is in the spool, then returns. Logs what it did and how fast. `as_of`: acts as at
// that instant. Throws LedgerUnavailable, SpoolUnavailable.
void run_ingest_once(IngestComposition& composition, std::optional<Instant> as_of);

}  // namespace packwarden
