#include "app/kept_child.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/process/extend.hpp>

#include "logging/log.h"

namespace packwarden {
namespace {

namespace process = boost::process;

constexpr std::chrono::milliseconds first_pause{500};
constexpr std::chrono::milliseconds longest_pause{30'000};

}  // namespace

KeptChild::KeptChild(boost::asio::io_context& io, Options options)
    : io_(io), options_(std::move(options)), restart_(io), silence_(io), pause_(first_pause / 2) {}

void KeptChild::start() {
  started_at_ = std::chrono::steady_clock::now();
  hung_ = false;
  process::environment environment = boost::this_process::environment();
  environment.erase("NOTIFY_SOCKET");  // ours is not theirs
  if (options_.silent_max) {
    alive_ = std::make_unique<AliveSocket>(io_, [this] { heard(); });
    environment["NOTIFY_SOCKET"] = alive_->address();
    heard();
  }
  // Nobody would stop it if this process were killed. SIGTERM, so that a send that has begun may
  // end.
  const auto stop_with_us = [us = getpid()](auto&) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != us) ::_exit(0);  // it is too late for that
    // A reload that comes before it can listen must not end it: it reads the settings after that.
    signal(SIGHUP, SIG_IGN);
  };
  child_ = process::child("/proc/self/exe", process::args(options_.arguments), environment, io_,
                          process::extend::on_exec_setup = stop_with_us,
                          process::on_exit([this](int, const std::error_code&) { ended(); }));
}

void KeptChild::stop() {
  stopping_ = true;
  restart_.cancel();
  if (child_.running()) ::kill(child_.id(), SIGTERM);
}

void KeptChild::reload(std::optional<std::chrono::milliseconds> silent_max) {
  if (options_.silent_max && silent_max) options_.silent_max = silent_max;
  if (child_.running()) ::kill(child_.id(), SIGHUP);
}

void KeptChild::heard() {
  silence_.expires_after(*options_.silent_max);
  silence_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    hung_ = true;
    log_event(events::child_hangs, {.channel = options_.channel},
              "{} has said nothing for {} ms, so it hangs; it is killed", options_.name,
              options_.silent_max->count());
    if (child_.running()) ::kill(child_.id(), SIGKILL);
  });
}

std::string KeptChild::how_it_ended() const {
  if (hung_) return fmt::format("hung for {} ms and was killed", options_.silent_max->count());
  const int status = child_.native_exit_code();
  return WIFSIGNALED(status) ? fmt::format("was ended by signal {}", WTERMSIG(status))
                             : fmt::format("ended with status {}", WEXITSTATUS(status));
}

void KeptChild::ended() {
  silence_.cancel();
  alive_.reset();
  if (stopping_) return;
  const bool lasted = std::chrono::steady_clock::now() - started_at_ > longest_pause;
  pause_ = lasted ? first_pause : std::min(pause_ * 2, longest_pause);
  const std::string how = how_it_ended();
  log_event(events::child_ended, {.channel = options_.channel},
            "{} {}; it is started again in {} ms", options_.name, how, pause_.count());
  if (options_.on_failure) options_.on_failure(how);
  restart_.expires_after(pause_);
  restart_.async_wait([this](const boost::system::error_code& error) {
    if (!error && !stopping_) start();
  });
}

}  // namespace packwarden
