#include "app/daemon.h"

#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <cstring>
#include <mutex>
#include <stop_token>
#include <thread>

#include "app/archive_loop.h"
#include "app/entitlement_loop.h"
#include "app/ingest_loop.h"
#include "app/job_loop.h"
#include "channel/relay.h"
#include "spool/spool_watch.h"
#include "store/outbox_store.h"

namespace packwarden {
namespace {

namespace asio = boost::asio;

constexpr int status_failed = 1;
constexpr int status_unavailable = 3;

// Runs `work` on its own thread until SIGTERM or SIGINT, or until it ends by itself. What it throws
// comes out here. `inotify_fd` (or -1): `on_hint` is called when it has something to tell.
template <class Work>
void run_until_signalled(Work work, int inotify_fd = -1, std::function<void()> on_hint = {}) {
  asio::io_context io;
  asio::signal_set signals(io, SIGTERM, SIGINT);
  std::exception_ptr failure;
  std::jthread worker([&](std::stop_token stop) {
    try {
      work(stop);
    } catch (...) {
      failure = std::current_exception();
    }
    asio::post(io, [&] { io.stop(); });
  });
  signals.async_wait([&](const boost::system::error_code& error, int number) {
    if (error) return;
    spdlog::info("stopping on {}", number == SIGTERM ? "SIGTERM" : "SIGINT");
    worker.request_stop();
  });
  asio::posix::stream_descriptor watched(io);
  std::function<void()> watch = [&] {
    watched.async_wait(asio::posix::stream_descriptor::wait_read,
                       [&](const boost::system::error_code& error) {
                         if (error) return;
                         on_hint();
                         watch();
                       });
  };
  if (inotify_fd >= 0) {
    watched.assign(::dup(inotify_fd));
    watch();
  }
  const auto keep_alive = asio::make_work_guard(io);
  io.run();
  worker.join();
  if (failure) std::rethrow_exception(failure);
}

// Maps a broken environment to an exit status, with a line that says what to do.
template <class Run>
int guarded(Run run) {
  try {
    run();
    return 0;
  } catch (const LedgerUnavailable& error) {
    spdlog::critical("{}; check that the server runs and that section database is right",
                     error.what());
  } catch (const DatabaseError& error) {
    spdlog::critical(
        "the database {}: {} ({}); check that the server runs and that section database is right",
        to_string(error.kind()), error.what(), error.code());
  } catch (const HttpUnavailable& error) {
    spdlog::critical("{}", error.what());
    return status_failed;
  } catch (const SpoolUnavailable& error) {
    spdlog::critical("{}", error.what());
  } catch (const std::exception& error) {
    spdlog::critical("stopped, since going on could harm the ledger: {}", error.what());
    return status_failed;
  }
  return status_unavailable;
}

}  // namespace

namespace {

// The unit gives the daemon a high priority, for the entitlement check. This thread, and those that
// it starts from now on, do work that can wait for it.
void give_way() {
  if (getpriority(PRIO_PROCESS, static_cast<id_t>(gettid())) >= 0) return;
  if (setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), 0) != 0) {
    spdlog::warn("ingest keeps the priority of entitlement checks, which may wait for it: {}",
                 std::strerror(errno));
  }
}

// Ingest on this thread, jobs, entitlements and the care of done/ on others. What one of them
// throws stops all, and comes out.
void run_all(const Settings& settings, IngestComposition& composition, JobComposition& jobs,
             EntitlementComposition& entitlements, ArchiveComposition& archive, Wakeup& wakeup,
             std::stop_token stop) {
  std::stop_source all;
  const std::stop_callback pass_on(stop, [&] { all.request_stop(); });
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
                 all.get_token(), [&] {
                   spdlog::info("ready: spool '{}' in {}", settings.spool.name,
                                settings.spool.directory);
                 });
    });
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace

int run_daemon(const Settings& settings) {
  return guarded([&] {
    IngestComposition composition(settings);
    JobComposition jobs(settings, settings.jobs.settlement_spread_s);
    EntitlementComposition entitlements(settings);
    ArchiveComposition archive(settings, composition.spool());
    SpoolWatch watch(settings.spool.directory);
    Wakeup wakeup;
    const auto hint = [&] {
      watch.drain();
      wakeup.hint();
    };
    run_until_signalled(
        [&](std::stop_token stop) {
          run_all(settings, composition, jobs, entitlements, archive, wakeup, stop);
        },
        watch.fd(), hint);
    spdlog::info("stopped");
  });
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

int run_channel(const Settings& settings, const std::string& channel) {
  for (const ChannelSettings& found : settings.channels) {
    if (found.name != channel) continue;
    ChannelPolicy policy;
    policy.channel = found.name;
    policy.batch_max = found.batch_max;
    policy.poll_interval_ms = found.poll_interval_ms;
    policy.send_timeout_ms = found.send_timeout_ms;
    policy.lease_ms = found.lease_s * 1'000;
    policy.retry_min_ms = found.retry_min_ms;
    policy.retry_max_ms = found.retry_max_ms;
    policy.attempts_max = found.attempts_max;
    policy.on_unknown = found.on_unknown == "retry" ? UnknownOutcome::retry : UnknownOutcome::hold;
    const auto notifier = load_notifier(settings.plugin_directory + "/" + found.plugin);
    if (!notifier) {
      spdlog::critical("channel {}: {}", channel, notifier.error());
      return status_failed;
    }
    return guarded([&] {
      MysqlOutboxStore store(database_address(settings));
      MysqlDeliveryReports reports(database_address(settings));
      auto plugin = Plugin::create(*notifier, channel, found.settings, {&store, &reports});
      if (!plugin) throw std::runtime_error("channel " + channel + ": " + plugin.error());
      spdlog::info("channel {} delivers through {}", channel, (*plugin)->name());
      Relay relay(store, **plugin, policy);
      run_until_signalled([&](std::stop_token stop) { relay.run(stop); });
    });
  }
  spdlog::critical("no channel '{}' in section channels", channel);
  return status_failed;
}

}  // namespace packwarden
