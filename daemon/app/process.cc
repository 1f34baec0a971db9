#include "app/process.h"

#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <exception>
#include <thread>

#include "http/http_server.h"
#include "logging/log.h"
#include "spool/spool_directory.h"
#include "store/error.h"
#include "usecases/ledger_port.h"

namespace packwarden {

namespace asio = boost::asio;

void run_until_signalled(const std::function<void(std::stop_token)>& work, int inotify_fd,
                         const std::function<void()>& on_hint) {
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
    log_event(events::stopping, "stopping on {}", number == SIGTERM ? "SIGTERM" : "SIGINT");
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

int guarded(const std::function<void()>& run) {
  try {
    run();
    return 0;
  } catch (const LedgerUnavailable& error) {
    log_event(events::database_unavailable,
              "{}; check that the server runs and that section database is right", error.what());
  } catch (const DatabaseError& error) {
    log_event(
        events::database_unavailable,
        "the database {}: {} ({}); check that the server runs and that section database is right",
        to_string(error.kind()), error.what(), error.code());
  } catch (const HttpUnavailable& error) {
    log_event(events::http_unavailable, "{}", error.what());
    return status_failed;
  } catch (const SpoolUnavailable& error) {
    log_event(events::spool_unavailable, "{}", error.what());
  } catch (const std::exception& error) {
    log_event(events::stopped_by_fault, "stopped, since going on could harm the ledger: {}",
              error.what());
    return status_failed;
  }
  return status_unavailable;
}

}  // namespace packwarden
