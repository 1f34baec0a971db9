#include "app/daemon.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstring>
#include <mutex>
#include <stop_token>
#include <thread>

#include "app/archive_loop.h"
#include "app/clocks.h"
#include "app/entitlement_loop.h"
#include "app/ingest_loop.h"
#include "app/job_loop.h"
#include "app/process.h"
#include "app/sampling.h"
#include "app/server_check.h"
#include "app/telemetry.h"
#include "logging/log.h"
#include "spool/spool_watch.h"

namespace packwarden {
namespace {

// The unit gives the daemon a high priority, for the entitlement check. This thread, and those that
// it starts from now on, do work that can wait for it.
void give_way() {
  if (getpriority(PRIO_PROCESS, static_cast<id_t>(gettid())) >= 0) return;
  if (setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), 0) != 0) {
    log_event(events::priority_not_lowered,
              "ingest keeps the priority of entitlement checks, which may wait for it: {}",
              std::strerror(errno));
  }
}

// Ingest on this thread, jobs, entitlements and the care of done/ on others. What one of them
// throws stops all, and comes out.
void run_all(const Settings& settings, IngestComposition& composition, JobComposition& jobs,
             EntitlementComposition& entitlements, ArchiveComposition& archive, Wakeup& wakeup,
             Telemetry& telemetry, std::stop_token stop) {
  std::stop_source all;
  const std::stop_callback pass_on(stop, [&] {
    telemetry.ready.stopping();
    all.request_stop();
  });
  std::mutex mutex;
  std::exception_ptr failure;
  const auto guard = [&](const auto& work) {
    try {
      work();
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
    }
    all.request_stop();
  };
  {
    const std::jthread answering([&] {
      if (entitlements.is_on()) guard([&] { entitlements.follow(all.get_token()); });
    });
    give_way();
    const std::jthread looking_at_ledger([&] {
      if (entitlements.is_on()) guard([&] { sample_ledger(settings, telemetry, all.get_token()); });
    });
    const std::jthread looking_at_spool([&] {
      if (entitlements.is_on()) guard([&] { sample_spool(settings, telemetry, all.get_token()); });
    });
    const std::jthread by_the_clock([&] {
      guard([&] {
        run_jobs(jobs, std::chrono::milliseconds(settings.jobs.interval_ms), all.get_token());
      });
    });
    const std::jthread packing([&] {
      guard([&] {
        run_archive(archive, std::chrono::milliseconds(settings.jobs.interval_ms), all.get_token());
      });
    });
    guard([&] {
      run_ingest(composition, std::chrono::milliseconds(settings.spool.scan_interval_ms), wakeup,
                 telemetry, all.get_token(), [&] {
                   log_event(events::ready, "ready: spool '{}' in {}", settings.spool.name,
                             settings.spool.directory);
                 });
    });
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace

int run_daemon(const Settings& settings) {
  return guarded([&] {
    require_server(settings);
    Telemetry telemetry(settings);
    IngestComposition composition(settings, telemetry.commits());
    JobComposition jobs(settings, settings.jobs.settlement_spread_s, telemetry.commits());
    EntitlementComposition entitlements(settings, telemetry);
    ArchiveComposition archive(settings, composition.spool());
    SpoolWatch watch(settings.spool.directory);
    Wakeup wakeup;
    const auto hint = [&] {
      watch.drain();
      wakeup.hint();
    };
    run_until_signalled(
        [&](std::stop_token stop) {
          run_all(settings, composition, jobs, entitlements, archive, wakeup, telemetry, stop);
        },
        watch.fd(), hint);
    log_event(events::stopped, "stopped");
  });
}

int run_once(const Settings& settings, std::optional<Instant> as_of) {
  if (as_of && !settings.allow_as_of) {
    log_event(events::as_of_refused,
              "--as-of is refused: set allow_as_of: true where years are played through, never in "
              "production");
    return status_failed;
  }
  return guarded([&] {
    require_server(settings);
    IngestComposition composition(settings);
    run_ingest_once(composition, as_of);
    JobComposition jobs(settings, 0);  // O6: run-once takes 08:00 for all
    run_jobs_once(jobs, as_of.value_or(now()));
    ArchiveComposition archive(settings, composition.spool());
    run_archive_once(archive, as_of);
  });
}

}  // namespace packwarden
