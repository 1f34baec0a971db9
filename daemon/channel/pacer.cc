#include "channel/pacer.h"

#include <algorithm>
#include <cmath>

namespace packwarden {

Pacer::Pacer(std::uint32_t max_per_s, Time now)
    : max_per_s_(max_per_s), free_(max_per_s), as_of_(now) {}

std::uint32_t Pacer::allowed(std::uint32_t wanted, Time now) {
  if (max_per_s_ == 0) return wanted;
  const double passed_s = std::chrono::duration<double>(now - as_of_).count();
  free_ = std::min<double>(free_ + passed_s * max_per_s_, max_per_s_);
  as_of_ = now;
  return std::min(wanted, static_cast<std::uint32_t>(std::max(free_, 0.0)));
}

void Pacer::passed(std::size_t count) {
  if (max_per_s_ > 0) free_ -= static_cast<double>(count);
}

std::chrono::milliseconds Pacer::until_next() const {
  if (max_per_s_ == 0 || free_ >= 1) return std::chrono::milliseconds(0);
  return std::chrono::milliseconds(
      static_cast<std::int64_t>(std::ceil((1 - free_) * 1'000 / max_per_s_)));
}

}  // namespace packwarden
