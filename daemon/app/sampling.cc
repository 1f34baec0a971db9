#include "app/sampling.h"

#include <filesystem>
#include <functional>
#include <optional>
#include <utility>

#include "app/composition.h"
#include "app/ingest_loop.h"
#include "logging/log.h"
#include "spool/directory_desk.h"
#include "store/situation_reads.h"

namespace packwarden {
namespace {

// `Unavailable` is what `look` throws where there is nothing to be seen.
template <class Unavailable>
void repeat(const char* what, const Settings& settings, std::stop_token stop,
            const std::function<void()>& look) {
  Wakeup wakeup;
  bool failing = false;
  while (!stop.stop_requested()) {
    try {
      look();
      if (std::exchange(failing, false)) {
        log_event(events::metrics_fresh, "metrics of the {} are fresh again", what);
      }
    } catch (const Unavailable& error) {
      if (!std::exchange(failing, true)) {
        log_event(events::metrics_old, "metrics of the {} grow old: {}", what, error.what());
      }
    }
    wakeup.sleep(stop, std::chrono::seconds(settings.metrics.sample_interval_s));
  }
}

}  // namespace

void sample_spool(const Settings& settings, Telemetry& telemetry, std::stop_token stop) {
  std::optional<DirectoryDesk> desk;
  repeat<SpoolUnavailable>("spool", settings, std::move(stop), [&] {
    telemetry.samples.process_is(process_figures());
    if (!desk) desk.emplace(settings.spool.directory, content_limits(settings));
    std::error_code unknown;
    const auto disk = std::filesystem::space(settings.spool.directory, unknown);
    telemetry.samples.spool_is(desk->state(0), unknown ? 0 : disk.capacity);
  });
}

void sample_ledger(const Settings& settings, Telemetry& telemetry, std::stop_token stop) {
  MysqlSituationReads reads(database_address(settings));
  repeat<LedgerUnavailable>("database", settings, std::move(stop), [&] {
    telemetry.samples.ledger_is(reads.look(LookOptions{}.counted_deliveries_max));
  });
}

}  // namespace packwarden
