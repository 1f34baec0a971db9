#include "app/daemon.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "app/archive_loop.h"
#include "app/clocks.h"
#include "app/entitlement_loop.h"
#include "app/ingest_loop.h"
#include "app/job_loop.h"
#include "app/loop_watch.h"
#include "app/reloader.h"
#include "app/sampling.h"
#include "app/server_check.h"
#include "app/service_manager.h"
#include "app/telemetry.h"
#include "logging/log.h"
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
    log_event(events::priority_not_lowered,
              "ingest keeps the priority of entitlement checks, which may wait for it: {}",
              std::strerror(errno));
  }
}

// A loop with what the process gives it.
struct HostedLoop {
  HostedLoop(const char* name, LoopWatch& watch, SettingsFeed& feed, DaemonStatus& status,
             Telemetry& telemetry)
      : loop(watch, name),
        new_settings(feed, name, wakeup),
        host{loop, wakeup, status, new_settings, telemetry} {}

  LoopWatch::Loop loop;
  Wakeup wakeup;
  SettingsFeed::Reader new_settings;
  LoopHost host;
};

// The daemon: its loops, wired, and what is told of them to whoever started it.
class Daemon {
 public:
  Daemon(const Settings& settings, const std::string& config_path)
      : settings_(settings),
        watch_(told_after()),
        telemetry_(settings),
        ingest_loop_("ingest", watch_, feed_, status_, telemetry_),
        jobs_loop_("jobs", watch_, feed_, status_, telemetry_),
        archive_loop_("archive", watch_, feed_, status_, telemetry_),
        ingest_(settings, &ingest_loop_.loop, telemetry_.commits()),
        jobs_(settings, settings.jobs.settlement_spread_s, &jobs_loop_.loop, telemetry_.commits()),
        archive_(settings, ingest_.spool(), &archive_loop_.loop),
        spool_watch_(settings.spool.directory),
        not_ready_(settings.http.is_on() ? 2 : 1),
        reloader_(config_path, std::make_shared<const Settings>(settings), feed_, manager_, status_,
                  [this](const Settings& anew) { ingest_.take_meaning(anew); }) {
    ingest_.take_meaning(settings);
    telemetry_.watch_loops([this] { return standing_still(); });
    if (settings.http.is_on()) answering_.emplace(settings, watch_, feed_, status_, telemetry_);
  }

  void run(MainThread& main) {
    MainThread::Hooks hooks;
    hooks.inotify_fd = spool_watch_.fd();
    hooks.on_hint = [this] {
      spool_watch_.drain();
      ingest_loop_.wakeup.hint();
    };
    hooks.on_tick = [this] { tick(); };
    hooks.on_reload = [this] {
      reload_asked_ = true;
      reload_if_ready();
    };
    hooks.on_stop = [this] {
      status_.stopping();
      telemetry_.ready.stopping();
      manager_.stopping();
      manager_.status(status_.line());
    };
    main.run([this](const std::stop_token& stop) { run_all(stop); }, std::move(hooks));
  }

 private:
  // Where the HTTP port is on.
  struct Answering {
    Answering(const Settings& settings, LoopWatch& watch, SettingsFeed& feed, DaemonStatus& status,
              Telemetry& telemetry)
        : loop("entitlements", watch, feed, status, telemetry),
          entitlements(settings, telemetry, &loop.loop) {}

    HostedLoop loop;
    EntitlementComposition entitlements;
  };

  void tick();
  void reload_if_ready();
  void a_part_is_ready();
  void run_all(const std::stop_token& stop);
  std::vector<std::string> standing_still() const;

  const Settings& settings_;  // of the start
  ServiceManager manager_;
  DaemonStatus status_;
  LoopWatch watch_;
  Telemetry telemetry_;
  SettingsFeed feed_;
  HostedLoop ingest_loop_;
  HostedLoop jobs_loop_;
  HostedLoop archive_loop_;
  IngestComposition ingest_;
  JobComposition jobs_;
  ArchiveComposition archive_;
  SpoolWatch spool_watch_;
  std::optional<Answering> answering_;
  std::atomic<int> not_ready_;
  bool reload_asked_ = false;  // of the main thread
  Reloader reloader_;
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
  reload_if_ready();
}

// For whoever asks over HTTP whether all goes round.
std::vector<std::string> Daemon::standing_still() const {
  std::vector<std::string> lines;
  for (const LoopWatch::Standstill& one : watch_.standing_still(told_after())) {
    lines.push_back(fmt::format("{} stands still for {} s while {}; see the log", one.loop,
                                one.lasts.count() / 1'000, one.step));
  }
  return lines;
}

// Asked for earlier, it waits until all loops are there to take it over.
void Daemon::reload_if_ready() {
  if (manager_.is_ready() && std::exchange(reload_asked_, false)) reloader_.reload();
}

void Daemon::a_part_is_ready() {
  if (--not_ready_ > 0) return;
  log_event(events::ready, "ready: spool '{}' in {}", settings_.spool.name,
            settings_.spool.directory);
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
  // What is only looked at must not count as a loop of the work.
  const auto looking = [&](const auto& sample) {
    return std::jthread([&, sample] {
      try {
        sample(settings_, telemetry_, all.get_token());
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!failure) failure = std::current_exception();
        all.request_stop();
      }
    });
  };
  const milliseconds jobs_interval(settings_.jobs.interval_ms);
  {
    std::jthread answering;
    if (answering_) {
      answering = std::jthread([&] {
        guard(answering_->loop, [&](const LoopHost& host, const std::stop_token& until) {
          answering_->entitlements.follow(host, until, [this] { a_part_is_ready(); });
        });
      });
    }
    give_way();
    std::jthread looking_at_ledger;
    std::jthread looking_at_spool;
    if (answering_) {
      looking_at_ledger = looking(sample_ledger);
      looking_at_spool = looking(sample_spool);
    }
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
      run_ingest(ingest_, milliseconds(settings_.spool.scan_interval_ms),
                 answering_ ? &answering_->entitlements : nullptr, host, until,
                 [this] { a_part_is_ready(); });
    });
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace

int run_daemon(const Settings& settings, const std::string& config_path, MainThread& main) {
  return guarded(
      [&] {
        require_server(settings);
        Daemon(settings, config_path).run(main);
        log_event(events::stopped, "stopped");
      },
      &main);
}

int run_once(const Settings& settings, std::optional<Instant> as_of) {
  if (as_of && !settings.allow_as_of) {
    log_event(events::as_of_refused,
              "--as-of is refused: set allow_as_of: true where years are played through, never in "
              "production");
    return status_failed;
  }
  bool is_all_done = true;
  const int status = guarded([&] {
    require_server(settings);
    IngestComposition composition(settings);
    composition.take_meaning(settings, as_of);
    run_ingest_once(composition, as_of);
    JobComposition jobs(settings, 0);  // O6: run-once takes 08:00 for all
    is_all_done = run_all_jobs(jobs, as_of);
    ArchiveComposition archive(settings, composition.spool());
    run_archive_once(archive, as_of);
  });
  return status == 0 && !is_all_done ? status_unavailable : status;
}

}  // namespace packwarden
