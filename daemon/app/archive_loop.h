#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>

#include "app/composition.h"
#include "app/loop_host.h"
#include "spool/done_archive.h"

namespace packwarden {

// Keeps done/ of a spool (D3), on a connection of its own, which it needs for the clock alone. The
// spool must outlive it. The constructor throws as that of IngestComposition does.
class ArchiveComposition {
 public:
  // `loop`: as for IngestComposition.
  ArchiveComposition(const Settings& settings, const SpoolDirectory& spool,
                     LoopWatch::Loop* loop = nullptr);

  // As IngestComposition::change.
  void change(const Settings& settings) {
    done_days_ = static_cast<std::int32_t>(settings.spool.done_days);
  }

  // One step of bounded size: what is over by `at` is removed, then something is packed. False:
  // nothing is left to do. `trust_clock`: `at` is given, not this host's clock; else nothing is
  // removed while the clocks of host and database are apart. Throws SpoolUnavailable.
  bool step(Instant at, bool trust_clock, const std::stop_token& stop);

 private:
  std::optional<Instant> agreed(Instant at);

  DoneArchive archive_;
  MySqlLedger ledger_;
  std::int32_t done_days_;
  std::int32_t agreed_on_day_ = INT32_MIN;  // that the clocks agree
};

// Steps until `stop` is requested, in the time that the rest of this machine leaves; looks again
// every `interval`. A spool that is not to be had is logged and tried again.
void run_archive(ArchiveComposition& composition, std::chrono::milliseconds interval,
                 const LoopHost& host, std::stop_token stop);

// Does all that is due at `as_of`, or now. Throws SpoolUnavailable.
void run_archive_once(ArchiveComposition& composition, std::optional<Instant> as_of);

}  // namespace packwarden
