#include "logging/log_limit.h"

namespace packwarden {

bool LogLimit::allows(const Event& event, std::string_view channel, Time now) {
  if (event.level == LogLevel::critical) return true;
  Interval& interval = intervals_[{&event, std::string(channel)}];
  if (interval.written == 0 || (now - interval.begin >= interval_ && interval.left_out == 0)) {
    interval = {now};
  }
  if (interval.written < lines_max_) {
    ++interval.written;
    return true;
  }
  if (interval.left_out++ == 0) ++limited_;
  return false;
}

template <typename IsOver>
std::vector<LogLimit::LeftOut> LogLimit::take(const IsOver& is_over) {
  std::vector<LeftOut> taken;
  if (limited_ == 0) return taken;
  for (auto& [about, interval] : intervals_) {
    if (interval.left_out == 0 || !is_over(interval)) continue;
    taken.push_back({about.first, about.second, interval.left_out});
    interval = {};
    --limited_;
  }
  return taken;
}

std::vector<LogLimit::LeftOut> LogLimit::take_ended(Time now) {
  return take([&](const Interval& interval) { return now - interval.begin >= interval_; });
}

std::vector<LogLimit::LeftOut> LogLimit::take_all() {
  return take([](const Interval&) { return true; });
}

}  // namespace packwarden
