#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "usecases/situation.h"

namespace packwarden {

// A second, on average over some time.
struct Rates {
  double records = 0;
  double units = 0;
  double files = 0;
  double commits = 0;
  double sent = 0;
  double dead = 0;  // and expired
  std::map<std::string, double> sent_by_channel;
};

struct Backlog {
  std::int64_t files = 0;
  std::int64_t bytes = 0;
  double bytes_per_s = 0;                  // that it grows by
  std::optional<std::int64_t> empty_in_s;  // while it shrinks
};

// Makes rates and a trend of looks that follow each other. Pure: time comes in.
class PaceMeter {
 public:
  // `pace`: since the look before; none with the first one, nor where the database was not seen.
  // `at_ms`: of a clock that never jumps.
  void add(const Situation& situation, const std::optional<LedgerPace>& pace, std::int64_t at_ms);

  // Since the look before; nothing until there are two.
  std::optional<Rates> now() const;
  // Over the last minute, or what there is of it.
  std::optional<Rates> last_minute() const;
  // Nothing where the spool is not seen.
  std::optional<Backlog> backlog() const;

 private:
  struct Look {
    std::int64_t at_ms = 0;
    std::optional<std::int64_t> span_ms;  // of the pace
    std::int64_t commits = 0;
    LedgerPace pace;
    std::optional<Backlog> backlog;
  };
  std::optional<Rates> rates_of(std::size_t looks) const;

  std::deque<Look> looks_;  // of the last minute, oldest first
  std::optional<Sequence> sequence_;
};

}  // namespace packwarden
