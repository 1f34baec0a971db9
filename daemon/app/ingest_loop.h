#pragma once

#include <functional>
#include <optional>
#include <stop_token>

#include "app/composition.h"
#include "app/letting_go.h"
#include "app/loop_host.h"

namespace packwarden {

// Rounds of ingest until `stop` is requested; `on_ready` is called once the books are loaded, and
// with them `beside`, which may be null. A database or spool that is not to be had is logged and
// tried again with growing pauses. Lets go of old dedupe keys when a new day comes. What breaks an
// invariant passes through.
void run_ingest(IngestComposition& composition, std::chrono::milliseconds scan_interval,
                LoadedBeside* beside, const LoopHost& host, std::stop_token stop,
                const std::function<void()>& on_ready);

struct IngestTally {
  std::size_t files = 0;
  UnitCounts counts;

  void add(const IngestReport& report);
};

// Once, before the first round; the others as for Ingest::load. Throws LedgerUnavailable.
void load_books(IngestComposition& composition, const OnLoading& on_loading = {},
                LoadedBeside* beside = nullptr);

// Takes all that is in the spool, on books that are loaded. Throws as run_ingest_once does.
IngestTally take_all(IngestComposition& composition, LettingGo& letting_go,
                     std::optional<Instant> as_of);

// Takes all that is in the spool, then returns. Logs what it did and how fast. `as_of`: acts as at
// that instant. Throws LedgerUnavailable, SpoolUnavailable.
void run_ingest_once(IngestComposition& composition, std::optional<Instant> as_of);

}  // namespace packwarden
