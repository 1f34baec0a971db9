#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "app/composition.h"
#include "app/daemon.h"
#include "app/kept_child.h"
#include "logging/log.h"
#include "store/channel_board.h"

namespace packwarden {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::milliseconds longest_farewell{2'000};

// Writes on the board, where operators look, what a process that crashed cannot say itself. On a
// thread of its own: a database that stands still must not keep the supervisor from its children.
class FailureNotes {
 public:
  explicit FailureNotes(const Settings& settings)
      : address_(database_address(settings)),
        thread_([this](const std::stop_token& stop) { write(stop); }) {}

  void add(const std::string& channel, const std::string& how) {
    const std::lock_guard lock(mutex_);
    // Of a channel whose failures cannot be written, the first ones say enough.
    if (notes_.size() == notes_max) return;
    notes_.push_back({channel, how, std::chrono::steady_clock::now()});
    changed_.notify_all();
  }

  // Whether all is written, after at most `limit`.
  bool finish(std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, [this] { return notes_.empty(); });
  }

 private:
  static constexpr std::size_t notes_max = 1'000;

  struct Note {
    std::string channel;
    std::string how;
    std::chrono::steady_clock::time_point at;
  };

  void write(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (changed_.wait(lock, stop, [this] { return !notes_.empty(); })) {
      const Note one = notes_.front();
      lock.unlock();
      note(one);
      lock.lock();
      notes_.pop_front();
      changed_.notify_all();
    }
  }

  void note(const Note& one) const {
    const auto ago = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - one.at);
    try {
      MysqlChannelBoard(address_, one.channel).set_failed(one.how, ago);
    } catch (const DatabaseError& error) {
      log_event(events::failure_not_noted, {.channel = one.channel},
                "that channel {} {} is not noted: {}", one.channel, one.how, error.what());
    }
  }

  DatabaseAddress address_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Note> notes_;  // the first one is being written
  std::jthread thread_;
};

}  // namespace

int run_up(const Settings& settings, const std::string& config_path) {
  asio::io_context io;
  asio::signal_set signals(io, SIGTERM, SIGINT);
  FailureNotes notes(settings);
  std::deque<KeptChild> children;
  children.emplace_back(io, KeptChild::Options{"ingest", "", {"--config", config_path}, {}, {}});
  for (const ChannelSettings& channel : settings.channels) {
    children.emplace_back(
        io, KeptChild::Options{
                "channel " + channel.name,
                channel.name,
                {"--config", config_path, "channel", channel.name},
                std::chrono::seconds(channel.silent_max_s),
                [&notes, name = channel.name](const std::string& how) { notes.add(name, how); }});
  }
  signals.async_wait([&](const boost::system::error_code& error, int) {
    if (error) return;
    log_event(events::stopping, "stopping all");
    for (KeptChild& child : children) child.stop();
  });
  for (KeptChild& child : children) child.start();
  io.run();  // until all children have ended after the stop
  const bool noted = notes.finish(longest_farewell);
  if (!noted)
    log_event(events::failure_not_noted,
              "the database does not answer; the last failures are not on the board");
  log_event(events::stopped, "stopped");
  if (noted) return 0;
  std::_Exit(0);  // a thread that waits for the database cannot be joined
}

}  // namespace packwarden
