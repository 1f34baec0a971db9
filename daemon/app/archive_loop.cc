#include "app/archive_loop.h"

#include <sched.h>

#include <utility>

#include "app/clocks.h"
#include "app/ingest_loop.h"
#include "logging/log.h"

namespace packwarden {
namespace {

void log(const ArchiveStep& step) {
  if (step.removed_files > 0) {
    log_event(events::done_removed, "{} files of done/ are over and removed", step.removed_files);
  }
  if (step.packed_files > 0) {
    log_event(events::done_packed, "{} files of done/ are packed: {} KiB instead of {}",
              step.packed_files, step.packed_to_bytes >> 10, step.packed_from_bytes >> 10);
  }
  for (const std::string& sentence : step.passed_over)
    log_event(events::done_passed_over, "{}", sentence);
}

}  // namespace

ArchiveComposition::ArchiveComposition(const Settings& settings, const SpoolDirectory& spool,
                                       LoopWatch::Loop* loop)
    : archive_(spool.root(), spool_name_max_bytes, beats_of(loop)),
      ledger_(database_address(settings), ledger_options(settings, beats_of(loop))),
      done_days_(static_cast<std::int32_t>(settings.spool.done_days)) {}

// S26. Asked once a day; while the database is not to be had nothing is removed.
std::optional<Instant> ArchiveComposition::agreed(Instant at) {
  const std::int32_t day = utc_day_of(at);
  if (agreed_on_day_ == day) return at;
  try {
    at = ledger_.agreed_now();
  } catch (const LedgerUnavailable&) {  // ingest tells of it
    return std::nullopt;
  }
  agreed_on_day_ = utc_day_of(at);
  return at;
}

bool ArchiveComposition::step(Instant at, bool trust_clock, const std::stop_token& stop) {
  bool is_done = true;
  if (const auto by = trust_clock ? std::optional(at) : agreed(at)) {
    const ArchiveStep removed = archive_.remove_before(BusinessDay{utc_day_of(*by) - done_days_});
    log(removed);
    is_done = removed.is_done;
  }
  const ArchiveStep packed = archive_.pack([&] { return stop.stop_requested(); });
  log(packed);
  return !(is_done && packed.is_done);
}

void run_archive(ArchiveComposition& composition, std::chrono::milliseconds interval,
                 const LoopHost& host, std::stop_token stop) {
  // This thread alone; where it is refused, packing is merely less polite.
  const sched_param idle{};
  if (sched_setscheduler(0, SCHED_IDLE, &idle) != 0) {
    log_event(events::packing_not_idle, "packing of done/ runs at ordinary priority");
  }
  bool failing = false;
  while (!stop.stop_requested()) {
    try {
      bool is_more = true;
      while (is_more && !stop.stop_requested()) {
        host.loop.step("packing done/");
        host.settings.take_over([&](const Settings& settings) {
          composition.change(settings);
          interval = std::chrono::milliseconds(settings.jobs.interval_ms);
        });
        is_more = composition.step(now(), false, stop);
      }
      if (std::exchange(failing, false))
        log_event(events::packing_goes_on, "packing of done/ goes on");
    } catch (const SpoolUnavailable& error) {
      if (!std::exchange(failing, true)) {
        log_event(events::packing_waits,
                  "{}; files of done/ stay unpacked meanwhile, nothing is lost", error.what());
      }
    }
    host.sleep(stop, interval);
  }
}

void run_archive_once(ArchiveComposition& composition, std::optional<Instant> as_of) {
  while (composition.step(as_of.value_or(now()), as_of.has_value(), {})) {
  }
}

}  // namespace packwarden
