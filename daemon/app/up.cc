#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "app/composition.h"
#include "app/daemon.h"
#include "app/kept_child.h"
#include "app/reloader.h"
#include "app/restart_needed.h"
#include "logging/log.h"
#include "store/channel_board.h"

namespace packwarden {
namespace {

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

// The children, as the settings have them.
class Children {
 public:
  Children(boost::asio::io_context& io, const Settings& settings, const std::string& config_path,
           FailureNotes& notes)
      : io_(&io), settings_(settings), config_path_(config_path), notes_(&notes) {
    children_.emplace_back(io,
                           KeptChild::Options{ingest_name, "", {"--config", config_path}, {}, {}});
    for (const ChannelSettings& channel : settings.channels) add(channel);
  }

  void start() {
    for (KeptChild& child : children_) child.start();
  }
  void stop() {
    for (KeptChild& child : children_) child.stop();
  }
  void reload();

 private:
  static constexpr const char* ingest_name = "ingest";
  static std::string name_of(const ChannelSettings& channel) { return "channel " + channel.name; }

  KeptChild& add(const ChannelSettings& channel) {
    return children_.emplace_back(
        *io_, KeptChild::Options{
                  name_of(channel),
                  channel.name,
                  {"--config", config_path_, "channel", channel.name},
                  std::chrono::seconds(channel.silent_max_s),
                  [this, name = channel.name](const std::string& how) { notes_->add(name, how); }});
  }
  KeptChild* find(const std::string& name) {
    const auto found = std::find_if(
        children_.begin(), children_.end(),
        [&](const KeptChild& child) { return child.name() == name && !child.is_stopping(); });
    return found == children_.end() ? nullptr : &*found;
  }

  boost::asio::io_context* io_;
  Settings settings_;
  std::string config_path_;
  FailureNotes* notes_;
  std::deque<KeptChild> children_;  // also those that were stopped
};

// Channels come and go; all others read the settings anew by themselves.
void Children::reload() {
  auto wanted = load_anew(config_path_, settings_, restart_needed);
  if (!wanted) {
    log_event(events::reload_refused,
              "the settings of {} are refused, those before stay in effect: {}", config_path_,
              wanted.error());
    return;
  }
  for (const ChannelSettings& channel : settings_.channels) {
    if (find_channel(*wanted, channel.name) == nullptr) find(name_of(channel))->stop();
  }
  find(ingest_name)->reload({});
  for (const ChannelSettings& channel : wanted->channels) {
    if (KeptChild* const child = find(name_of(channel))) {
      child->reload(std::chrono::seconds(channel.silent_max_s));
    } else {
      add(channel).start();
    }
  }
  settings_ = std::move(*wanted);
  log_event(events::reloaded, "the settings of {} are passed on", config_path_);
}

}  // namespace

int run_up(const Settings& settings, const std::string& config_path, MainThread& main) {
  FailureNotes notes(settings);
  Children children(main.io(), settings, config_path, notes);
  children.start();
  MainThread::Hooks hooks;
  hooks.on_stop = [&] {
    log_event(events::stopping, "stopping all");
    children.stop();
  };
  hooks.on_reload = [&] { children.reload(); };
  main.run_io(std::move(hooks));  // until all children have ended after the stop
  const bool noted = notes.finish(longest_farewell);
  if (!noted)
    log_event(events::failure_not_noted,
              "the database does not answer; the last failures are not on the board");
  log_event(events::stopped, "stopped");
  if (noted) return 0;
  std::_Exit(0);  // a thread that waits for the database cannot be joined
}

}  // namespace packwarden
