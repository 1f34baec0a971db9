#include "spool/claim_name.h"

#include <date/date.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>

namespace packwarden {
namespace {

constexpr int max_number = 9'999;
constexpr int numbers_a_step = 1'000;  // of the clock back
// Years of which every instant is one that Instant can hold.
constexpr int min_year = 1678;
constexpr int max_year = 2261;

using Micros = std::chrono::microseconds;

date::sys_time<Micros> sys_time_of(std::int64_t micros) {
  return date::sys_time<Micros>(Micros(micros));
}

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80;
}

std::string claim_text(std::int64_t micros, int number) {
  return date::format("%Y%m%dT%H%M%SZ", sys_time_of(micros)) + fmt::format("-{:04}", number);
}

int number_at(std::string_view text, std::size_t begin, std::size_t size) {
  int number = 0;
  std::from_chars(text.data() + begin, text.data() + begin + size, number);
  return number;
}

}  // namespace

void ClaimCounter::advance_to(Instant now) {
  if (now.micros() == told_micros_) return;
  const bool steps_back = now.micros() < told_micros_;
  told_micros_ = now.micros();
  if (!steps_back && told_micros_ <= micros_)
    return;  // the numbers of its microsecond were used up
  micros_ = told_micros_;
  if (steps_back) first_number_ = (first_number_ + numbers_a_step) % (max_number + 1);
  if (micros_ > highest_micros_) first_number_ = 0;
  highest_micros_ = std::max(highest_micros_, micros_);
  number_ = first_number_;
}

std::string ClaimCounter::current() const {
  return claim_text(micros_, number_);
}

void ClaimCounter::take() {
  if (number_ < max_number) {
    ++number_;
  } else {
    ++micros_;
    highest_micros_ = std::max(highest_micros_, micros_);
    number_ = 0;
  }
}

std::string entry_name(std::string_view claim, std::string_view name, std::string_view suffix,
                       std::size_t max_bytes) {
  const std::size_t others = claim.size() + 1 + suffix.size();
  const std::size_t room = max_bytes - std::min(max_bytes, others);
  if (name.size() > room) {
    name.remove_prefix(name.size() - room);
    for (int i = 0; i < 3 && name.size() > 1 && is_continuation(name.front()); ++i) {
      name.remove_prefix(1);
    }
  }
  return fmt::format("{}.{}{}", claim, name, suffix);
}

std::optional<ClaimedFile> parse_entry_name(std::string_view entry) {
  if (entry.size() < claim_bytes + 2 || entry[claim_bytes] != '.') return std::nullopt;
  const std::string_view claim = entry.substr(0, claim_bytes);
  const int year = number_at(claim, 0, 4);
  if (year < min_year || year > max_year) return std::nullopt;
  const date::year_month_day day{date::year(year),
                                 date::month(static_cast<unsigned>(number_at(claim, 4, 2))),
                                 date::day(static_cast<unsigned>(number_at(claim, 6, 2)))};
  if (!day.ok()) return std::nullopt;
  const auto time = date::sys_days(day) + std::chrono::hours(number_at(claim, 9, 2)) +
                    std::chrono::minutes(number_at(claim, 11, 2)) +
                    std::chrono::seconds(number_at(claim, 13, 2)) + Micros(number_at(claim, 16, 6));
  const std::int64_t micros = date::sys_time<Micros>(time).time_since_epoch().count();
  // What was read must be all that was written there.
  if (claim_text(micros, number_at(claim, 24, 4)) != claim) return std::nullopt;
  return ClaimedFile{std::string(claim), std::string(entry.substr(claim_bytes + 1)),
                     Instant::from_micros(micros)};
}

std::string utc_day(Instant at) {
  return date::format("%F", sys_time_of(at.micros()));
}

}  // namespace packwarden
