#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace packwarden {

// How the process of a channel fares.
enum class ChannelState {
  starting,    // the plugin is loaded and made
  delivering,  // it serves
  failing,     // it serves, but nothing gets through at the moment; detail: why
  broken,      // the plugin was refused; detail: why
  failed,      // the process ended by itself; detail: how
  stopped,     // it was told to stop
};

// What operators are shown of one channel, kept by its process and by whoever started that. Times
// are the database's. One thread at a time; all may throw.
class ChannelBoard {
 public:
  virtual ~ChannelBoard() = default;

  // A process begins. Returns whether the one before ended without a word, which counts as a
  // failure.
  virtual bool start(const std::string& plugin) = 0;
  virtual void set_state(ChannelState state, const std::string& detail) = 0;
  // The process ended by itself; counts as a failure.
  // `ago`: for how long the process has ended. Of one after it that has been seen since, nothing
  // changes.
  virtual void set_failed(const std::string& detail, std::chrono::microseconds ago) = 0;
  // Tells that the process lives, and returns whether an operator paused the channel.
  virtual bool check_in() = 0;
};

}  // namespace packwarden
