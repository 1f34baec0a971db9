#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "logging/event.h"

namespace packwarden {

// How many lines of each event are written, of each channel for itself: at most so many in an
// interval, which begins with the first of them. Not thread-safe.
class LogLimit {
 public:
  using Time = std::chrono::steady_clock::time_point;
  struct LeftOut {
    const Event* event;
    std::string channel;  // empty: of none
    std::uint64_t lines;
  };

  LogLimit(std::uint32_t lines_max, std::chrono::seconds interval)
      : lines_max_(lines_max), interval_(interval) {}

  // Whether one more is written; if not, it is counted. A critical one always is.
  bool allows(const Event& event, std::string_view channel, Time now);

  // What was left out in intervals that are over, each once. To be asked before allows().
  std::vector<LeftOut> take_ended(Time now);
  // The same, of all intervals.
  std::vector<LeftOut> take_all();

 private:
  struct Interval {
    Time begin;
    std::uint32_t written = 0;
    std::uint64_t left_out = 0;
  };

  template <typename IsOver>
  std::vector<LeftOut> take(const IsOver& is_over);

  std::uint32_t lines_max_;
  std::chrono::seconds interval_;
  std::map<std::pair<const Event*, std::string>, Interval> intervals_;
  std::size_t limited_ = 0;  // intervals in which something was left out
};

}  // namespace packwarden
