#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <stop_token>

namespace packwarden {

// Exit statuses of packwardend.
inline constexpr int status_failed = 1;
inline constexpr int status_unavailable = 3;
// The settings do not have this channel, or no longer. The unit does not start it again then.
inline constexpr int status_no_such_channel = 78;

// The main thread of a process that runs until it is told to stop. From its construction on,
// SIGTERM and SIGINT ask for a clean stop and SIGHUP for a reload; what comes before run() is done
// in run(). One a process.
class MainThread {
 public:
  struct Hooks {
    int inotify_fd = -1;            // -1: none
    std::function<void()> on_hint;  // it has something to tell
    std::function<void()> on_tick;  // every tick_interval
    std::function<void()> on_stop;  // a stop is asked for, before the work is told
    std::function<void()> on_reload;
  };
  static constexpr std::chrono::milliseconds tick_interval{1'000};

  MainThread();

  // Runs `work` on a thread of its own until a stop is asked for, or until it ends by itself. What
  // it throws comes out here. The hooks, which may be null, are called on this thread and must not
  // wait.
  void run(const std::function<void(std::stop_token)>& work, Hooks hooks);

  // For a process without such a thread: runs io() until it has nothing to do but this.
  void run_io(Hooks hooks);
  boost::asio::io_context& io() { return io_; }

  // Whether a stop was asked for, also before run().
  bool is_stop_asked();

 private:
  void wait_for_signal();
  void pass_on();
  void tick();

  boost::asio::io_context io_;
  boost::asio::signal_set signals_;
  boost::asio::steady_timer ticker_;
  Hooks hooks_;
  bool runs_ = false;
  bool stop_asked_ = false;
  bool reload_asked_ = false;
};

// Maps a broken environment to an exit status, with a line that says what to do. `main`, which may
// be null: whose stop is no failure, whatever was away.
int guarded(const std::function<void()>& run, MainThread* main = nullptr);

}  // namespace packwarden
