#include "app/process.h"

#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <exception>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "http/http_server.h"
#include "logging/log.h"
#include "spool/spool_directory.h"
#include "store/error.h"
#include "usecases/deployment.h"
#include "usecases/ledger_port.h"

namespace packwarden {

namespace asio = boost::asio;

MainThread::MainThread() : signals_(io_, SIGTERM, SIGINT, SIGHUP), ticker_(io_) {
  wait_for_signal();
}

// Not again after a stop: then io() has nothing more to wait for here.
void MainThread::wait_for_signal() {
  signals_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    if (signal == SIGHUP) {
      reload_asked_ = true;
      wait_for_signal();
    } else {
      log_event(events::stopping, "stopping on {}", signal == SIGTERM ? "SIGTERM" : "SIGINT");
      stop_asked_ = true;
    }
    pass_on();
  });
}

void MainThread::pass_on() {
  if (!runs_) return;
  if (stop_asked_ && hooks_.on_stop) std::exchange(hooks_.on_stop, {})();
  if (std::exchange(reload_asked_, false) && hooks_.on_reload && !stop_asked_) hooks_.on_reload();
}

bool MainThread::is_stop_asked() {
  io_.poll();
  return stop_asked_;
}

void MainThread::tick() {
  hooks_.on_tick();
  ticker_.expires_after(tick_interval);
  ticker_.async_wait([this](const boost::system::error_code& error) {
    if (!error) tick();
  });
}

void MainThread::run_io(Hooks hooks) {
  hooks_ = std::move(hooks);
  runs_ = true;
  if (hooks_.on_tick) tick();
  pass_on();
  io_.run();
}

void MainThread::run(const std::function<void(std::stop_token)>& work, Hooks hooks) {
  std::exception_ptr failure;
  std::jthread worker([&](std::stop_token stop) {
    try {
      work(stop);
    } catch (...) {
      failure = std::current_exception();
    }
    asio::post(io_, [&] { io_.stop(); });
  });
  hooks.on_stop = [&worker, told = std::move(hooks.on_stop)] {
    if (told) told();
    worker.request_stop();
  };
  asio::posix::stream_descriptor watched(io_);
  std::function<void()> watch = [&] {
    watched.async_wait(asio::posix::stream_descriptor::wait_read,
                       [&](const boost::system::error_code& error) {
                         if (error) return;
                         hooks_.on_hint();
                         watch();
                       });
  };
  if (hooks.inotify_fd >= 0) {
    watched.assign(::dup(hooks.inotify_fd));
    watch();
  }
  const auto keep_alive = asio::make_work_guard(io_);
  run_io(std::move(hooks));
  worker.join();
  hooks_ = {};
  if (failure) std::rethrow_exception(failure);
}

namespace {

const char* what_to_do(DatabaseErrorKind kind) {
  return kind == DatabaseErrorKind::refused
             ? "check user and password in section database, and that the user has its rights: "
               "docs/OPERATIONS.md, for channels docs/CHANNELS.md"
             : "check that the server runs and that section database is right";
}

}  // namespace

int guarded(const std::function<void()>& run, MainThread* main) {
  try {
    run();
    return 0;
  } catch (const LedgerUnavailable& error) {
    // A whole sentence says itself what to do: migrate, or mend the server's settings.
    const std::string_view what = error.what();
    if (what.ends_with('.')) {
      log_event(events::database_unavailable, "{}", what);
    } else {
      log_event(events::database_unavailable, "{}; {}", what,
                what_to_do(DatabaseErrorKind::lost_connection));
    }
  } catch (const DatabaseError& error) {
    log_event(events::database_unavailable, "the database {}: {} ({}); {}", to_string(error.kind()),
              error.what(), error.code(), what_to_do(error.kind()));
  } catch (const HttpUnavailable& error) {
    log_event(events::http_unavailable, "{}", error.what());
    return status_failed;
  } catch (const MeaningRefused& error) {
    std::istringstream lines(error.what());
    for (std::string line; std::getline(lines, line);) {
      log_event(events::meaning_refused, "the settings do not fit the ledger: {}", line);
    }
    return status_failed;
  } catch (const SpoolUnavailable& error) {
    log_event(events::spool_unavailable, "{}", error.what());
  } catch (const std::exception& error) {
    log_event(events::stopped_by_fault, "stopped, since going on could harm the ledger: {}",
              error.what());
    return status_failed;
  }
  // To who is told to stop, it does not matter what is away.
  return main != nullptr && main->is_stop_asked() ? 0 : status_unavailable;
}

}  // namespace packwarden
