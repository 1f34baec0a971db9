#pragma once

#include <chrono>
#include <cstdint>

namespace packwarden {

// N7: lets so many a second pass, at most those of one second at once. Time comes in, so that tests
// need no clock. One thread at a time.
class Pacer {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // 0: no limit.
  Pacer(std::uint32_t max_per_s, Time now);

  // How many of `wanted` may pass now.
  std::uint32_t allowed(std::uint32_t wanted, Time now);
  void passed(std::size_t count);
  // How long until one may pass.
  std::chrono::milliseconds until_next() const;

 private:
  std::uint32_t max_per_s_;
  double free_;  // how many may pass
  Time as_of_;
};

}  // namespace packwarden
