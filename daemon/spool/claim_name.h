#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/instant.h"
#include "usecases/spool_port.h"

// How a claim is written: work/CLAIM.NAME, where CLAIM is the arrival in UTC with microseconds and
// a number, e.g. 20261122T220757.123456Z-0000. Pure; thread-safe unless said otherwise.
namespace packwarden {

inline constexpr std::size_t claim_bytes = 28;

// Gives out claims: each is greater than the one before, also where the clock stands still. Where
// it steps back they go back with it (U6), under numbers of their own. Not thread-safe.
class ClaimCounter {
 public:
  // The clock says `now`; must come before the first current().
  void advance_to(Instant now);
  // The claim that take() consumes.
  std::string current() const;
  // Exactly the instant that current() has written in it.
  Instant arrival() const { return Instant::from_micros(micros_); }
  void take();

 private:
  std::int64_t told_micros_ = Instant::earliest().micros() + 1;  // by the clock
  std::int64_t micros_ = told_micros_;
  std::int64_t highest_micros_ = told_micros_;
  int first_number_ = 0;  // below highest_micros_, where there may be claims already
  int number_ = 0;        // 0 to 9999, among claims of one microsecond
};

// CLAIM.NAME + suffix in at most `max_bytes`: a longer NAME keeps its end, cut between characters.
std::string entry_name(std::string_view claim, std::string_view name, std::string_view suffix,
                       std::size_t max_bytes);

// Of CLAIM.NAME in work/; nullopt where no daemon wrote that name.
std::optional<ClaimedFile> parse_entry_name(std::string_view entry);

// The UTC day as YYYY-MM-DD.
std::string utc_day(Instant at);

}  // namespace packwarden
