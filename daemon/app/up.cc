#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/wait.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/process.hpp>
#include <chrono>
#include <csignal>
#include <deque>
#include <memory>

#include "app/daemon.h"

namespace packwarden {
namespace {

namespace asio = boost::asio;
namespace process = boost::process;

constexpr std::chrono::milliseconds first_pause{500};
constexpr std::chrono::milliseconds longest_pause{30'000};

// One child process, started again whenever it ends, until it is told to stop.
class KeptChild {
 public:
  KeptChild(asio::io_context& io, std::string name, std::vector<std::string> arguments)
      : io_(io), timer_(io), name_(std::move(name)), arguments_(std::move(arguments)) {}

  void start() {
    started_at_ = std::chrono::steady_clock::now();
    child_ = process::child("/proc/self/exe", process::args(arguments_), io_,
                            process::on_exit([this](int, const std::error_code&) { ended(); }));
  }

  void stop() {
    stopping_ = true;
    timer_.cancel();
    if (child_.running()) ::kill(child_.id(), SIGTERM);
  }

 private:
  std::string how_it_ended() const {
    const int status = child_.native_exit_code();
    return WIFSIGNALED(status) ? fmt::format("was ended by signal {}", WTERMSIG(status))
                               : fmt::format("ended with status {}", WEXITSTATUS(status));
  }

  void ended() {
    if (stopping_) return;
    const bool lasted = std::chrono::steady_clock::now() - started_at_ > longest_pause;
    pause_ = lasted ? first_pause : std::min(pause_ * 2, longest_pause);
    spdlog::error("{} {}; it is started again in {} ms", name_, how_it_ended(), pause_.count());
    timer_.expires_after(pause_);
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (!error && !stopping_) start();
    });
  }

  asio::io_context& io_;
  asio::steady_timer timer_;
  std::string name_;
  std::vector<std::string> arguments_;
  process::child child_;
  std::chrono::steady_clock::time_point started_at_;
  std::chrono::milliseconds pause_ = first_pause / 2;
  bool stopping_ = false;
};

}  // namespace

int run_up(const Settings& settings, const std::string& config_path) {
  asio::io_context io;
  asio::signal_set signals(io, SIGTERM, SIGINT);
  std::deque<KeptChild> children;
  children.emplace_back(io, "ingest", std::vector<std::string>{"--config", config_path});
  for (const ChannelSettings& channel : settings.channels) {
    children.emplace_back(
        io, "channel " + channel.name,
        std::vector<std::string>{"--config", config_path, "channel", channel.name});
  }
  signals.async_wait([&](const boost::system::error_code& error, int) {
    if (error) return;
    spdlog::info("stopping all");
    for (KeptChild& child : children) child.stop();
  });
  for (KeptChild& child : children) child.start();
  io.run();  // until all children have ended after the stop
  spdlog::info("stopped");
  return 0;
}

}  // namespace packwarden
