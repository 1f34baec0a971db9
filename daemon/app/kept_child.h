#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/process.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/alive_socket.h"

namespace packwarden {

// One child process of this program, started again with growing pauses whenever it ends, until it
// is told to stop. Belongs to the thread of its io_context, which has nothing more to do once all
// children have ended after stop().
class KeptChild {
 public:
  struct Options {
    std::string name;                    // for the log
    std::string channel;                 // that it serves; may be empty
    std::vector<std::string> arguments;  // of this program
    // A child that says nothing by sd_notify for so long hangs, and is killed; none: not watched.
    std::optional<std::chrono::milliseconds> silent_max;
    std::function<void(const std::string& how)> on_failure;  // may be null; must not throw
  };

  KeptChild(boost::asio::io_context& io, Options options);

  void start();
  void stop();

 private:
  void heard();
  void ended();
  std::string how_it_ended() const;

  boost::asio::io_context& io_;
  Options options_;
  boost::asio::steady_timer restart_;
  boost::asio::steady_timer silence_;
  std::unique_ptr<AliveSocket> alive_;
  boost::process::child child_;
  std::chrono::steady_clock::time_point started_at_;
  std::chrono::milliseconds pause_;
  bool hung_ = false;
  bool stopping_ = false;
};

}  // namespace packwarden
