#include "app/daemon.h"

#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <mutex>
#include <stop_token>
#include <thread>

#include "app/archive_loop.h"
#include "app/clocks.h"
#include "app/entitlement_loop.h"
#include "app/ingest_loop.h"
#include "app/job_loop.h"
#include "app/loop_watch.h"
#include "app/service_manager.h"
#include "spool/spool_watch.h"

namespace packwarden {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds standstill_told_after{60'000};  // where there is no watchdog
// How long one step of the start may take; as TimeoutStartSec of the unit.
constexpr std::chrono::seconds start_step_max{180};
constexpr milliseconds for_good{INT32_MAX};

// Early enough for a person to see which loop it was, before the watchdog ends the process.
milliseconds told_after() {
  const auto watchdog = ServiceManager::watchdog();
  return watchdog ? std::chrono::duration_cast<milliseconds>(*watchdog) / 2 : standstill_told_after;
}

// The unit gives the daemon a high priority, for the entitlement check. This thread, and those that
// it starts from now on, do work that can wait for it.
void give_way() {
  if (getpriority(PRIO_PROCESS, static_cast<id_t>(gettid())) >= 0) return;
  if (setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), 0) != 0) {
    spdlog::warn("ingest keeps the priority of entitlement checks, which may wait for it: {}",
                 std::strerror(errno));
  }
}

// A loop with what the process gives it.
struct HostedLoop {
  HostedLoop(LoopWatch& watch, const char* name, DaemonStatus& status)
      : loop(watch, name), host{loop, wakeup, status} {}

  LoopWatch::Loop loop;
  Wakeup wakeup;
  LoopHost host;
};

// The daemon: its loops, wired, and what is told of them to whoever started it.
class Daemon {
 public:
  explicit Daemon(const Settings& settings)
      : settings_(settings),
        watch_(told_after()),
        ingest_loop_(watch_, "ingest", status_),
        jobs_loop_(watch_, "jobs", status_),
        archive_loop_(watch_, "archive", status_),
        entitlement_loop_(watch_, "entitlements", status_),
        ingest_(settings, &ingest_loop_.loop),
        jobs_(settings, settings.jobs.settlement_spread_s, &jobs_loop_.loop),
        entitlements_(settings, &entitlement_loop_.loop),
        archive_(settings, ingest_.spool(), &archive_loop_.loop),
        spool_watch_(settings.spool.directory),
        not_ready_(entitlements_.is_on() ? 2 : 1) {
    if (!entitlements_.is_on()) entitlement_loop_.loop.rest(for_good);
  }

  void run(MainThread& main) {
    MainThread::Hooks hooks;
    hooks.inotify_fd = spool_watch_.fd();
    hooks.on_hint = [this] {
      spool_watch_.drain();
      ingest_loop_.wakeup.hint();
    };
    hooks.on_tick = [this] { tick(); };
    hooks.on_stop = [this] {
      status_.stopping();
      manager_.stopping();
      manager_.status(status_.line());
    };
    main.run([this](const std::stop_token& stop) { run_all(stop); }, std::move(hooks));
  }

 private:
  void tick();
  void a_part_is_ready();
  void run_all(const std::stop_token& stop);

  const Settings& settings_;
  ServiceManager manager_;
  DaemonStatus status_;
  LoopWatch watch_;
  HostedLoop ingest_loop_;
  HostedLoop jobs_loop_;
  HostedLoop archive_loop_;
  HostedLoop entitlement_loop_;
  IngestComposition ingest_;
  JobComposition jobs_;
  EntitlementComposition entitlements_;
  ArchiveComposition archive_;
  SpoolWatch spool_watch_;
  std::atomic<int> not_ready_;
};

void Daemon::tick() {
  if (watch_.look()) {
    if (manager_.is_ready()) {
      manager_.alive();
    } else {
      manager_.extend_start(start_step_max);
    }
  }
  manager_.status(status_.line());
}

void Daemon::a_part_is_ready() {
  if (--not_ready_ > 0) return;
  spdlog::info("ready: spool '{}' in {}", settings_.spool.name, settings_.spool.directory);
  manager_.status(status_.line());
  manager_.ready();
}

// Ingest on this thread, jobs, entitlements and the care of done/ on others. What one of them
// throws stops all, and comes out.
void Daemon::run_all(const std::stop_token& stop) {
  std::stop_source all;
  const std::stop_callback pass_on(stop, [&] { all.request_stop(); });
  std::mutex mutex;
  std::exception_ptr failure;
  const auto guard = [&](HostedLoop& of, const auto& work) {
    try {
      work(of.host, all.get_token());
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
    }
    of.loop.rest(for_good);
    all.request_stop();
  };
  const milliseconds jobs_interval(settings_.jobs.interval_ms);
  {
    std::jthread answering;
    if (entitlements_.is_on()) {
      answering = std::jthread([&] {
        guard(entitlement_loop_, [&](const LoopHost& host, const std::stop_token& until) {
          entitlements_.follow(host, until, [this] { a_part_is_ready(); });
        });
      });
    }
    give_way();
    const std::jthread by_the_clock([&] {
      guard(jobs_loop_, [&](const LoopHost& host, const std::stop_token& until) {
        run_jobs(jobs_, jobs_interval, host, until);
      });
    });
    const std::jthread packing([&] {
      guard(archive_loop_, [&](const LoopHost& host, const std::stop_token& until) {
        run_archive(archive_, jobs_interval, host, until);
      });
    });
    guard(ingest_loop_, [&](const LoopHost& host, const std::stop_token& until) {
      run_ingest(ingest_, milliseconds(settings_.spool.scan_interval_ms), host, until,
                 [this] { a_part_is_ready(); });
    });
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace

int run_daemon(const Settings& settings, MainThread& main) {
  return guarded(
      [&] {
        Daemon(settings).run(main);
        spdlog::info("stopped");
      },
      &main);
}

int run_once(const Settings& settings, std::optional<Instant> as_of) {
  if (as_of && !settings.allow_as_of) {
    spdlog::critical(
        "--as-of is refused: set allow_as_of: true where years are played through, never in "
        "production");
    return status_failed;
  }
  return guarded([&] {
    IngestComposition composition(settings);
    run_ingest_once(composition, as_of);
    JobComposition jobs(settings, 0);  // O6: run-once takes 08:00 for all
    run_jobs_once(jobs, as_of.value_or(now()));
    ArchiveComposition archive(settings, composition.spool());
    run_archive_once(archive, as_of);
  });
}

}  // namespace packwarden
