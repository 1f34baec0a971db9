#include "domain/instant.h"

#include <fmt/format.h>

#include <bit>
#include <chrono>
#include <cstddef>
#include <cstring>

namespace packwarden {
namespace {

constexpr std::int64_t nanos_per_second = 1'000'000'000;
constexpr std::size_t seconds_end = 19;  // of YYYY-MM-DDThh:mm:ss
constexpr unsigned max_fraction_digits = 9;

constexpr std::uint32_t powers_of_ten[max_fraction_digits + 1] = {
    1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};

// Indexed by month; 0 and 13 to 15 have no days, so that no month number needs a check of its own.
constexpr std::uint8_t days_in_month[16] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
constexpr std::uint16_t days_before_month[13] = {0,   0,   31,  59,  90,  120, 151,
                                                 181, 212, 243, 273, 304, 334};

constexpr unsigned digit(char c) {
  return static_cast<unsigned>(static_cast<unsigned char>(c)) - '0';
}

// Two digits as a number. Anything else gives at least 100.
constexpr unsigned two_digits(const char* text) {
  const unsigned tens = digit(text[0]);
  const unsigned ones = digit(text[1]);
  return (tens <= 9 && ones <= 9) ? tens * 10 + ones : 100;
}

// Eight bytes, the first as the lowest.
std::uint64_t eight_bytes(const char* text) {
  std::uint64_t value = 0;
  std::memcpy(&value, text, sizeof value);
  return std::endian::native == std::endian::little ? value : __builtin_bswap64(value);
}

// Eight bytes that should look like `shape`, digits standing as zeros there: each pair of digits
// becomes a number in the byte of its first. `wrong` becomes non-zero where the text has another
// shape. `separators` has 0F where the shape has no digit and 06 elsewhere: what is added to a
// difference of 1 or 10 and more to reach the upper half of its byte.
std::uint64_t pairs_in(const char* text, const char* shape, std::uint64_t separators,
                       std::uint64_t& wrong) {
  const std::uint64_t values = eight_bytes(text) ^ eight_bytes(shape);
  wrong |= ((values + separators) | values) & 0xF0F0F0F0F0F0F0F0U;
  return values * 10 + (values >> 8);
}
constexpr unsigned pair_at(std::uint64_t pairs, unsigned byte) {
  return static_cast<unsigned>(pairs >> (byte * 8)) & 0xFFU;
}

// Full centuries are leap years where 16 divides them, as 400 does then.
constexpr bool is_leap(unsigned year) {
  return (year & (year % 100 == 0 ? 15U : 3U)) == 0;
}

// Days from 1970-01-01 to a date of the proleptic Gregorian calendar, years 0 to 9999.
constexpr std::int64_t days_since_epoch(unsigned year, unsigned month, unsigned day, bool leap) {
  constexpr std::int64_t epoch = 719'528;  // days from 0000-01-01 to 1970-01-01
  // Leap days of the years before this one; the year 0 is one.
  const unsigned leap_days = (year + 3) / 4 - (year + 99) / 100 + (year + 399) / 400;
  const unsigned in_year = days_before_month[month] + day - 1 + (leap && month > 2 ? 1 : 0);
  return static_cast<std::int64_t>(year * 365 + leap_days + in_year) - epoch;
}
static_assert(days_since_epoch(1970, 1, 1, false) == 0);
static_assert(days_since_epoch(0, 1, 1, true) == -719'528);
static_assert(days_since_epoch(2000, 3, 1, true) == 11'017);

Instant saturated(std::int64_t seconds, std::int64_t fraction_nanos) {
  if (seconds < 0 && fraction_nanos > 0) {  // towards zero, or the product overflows before the sum
    seconds += 1;
    fraction_nanos -= nanos_per_second;
  }
  std::int64_t nanos = 0;
  if (__builtin_mul_overflow(seconds, nanos_per_second, &nanos) ||
      __builtin_add_overflow(nanos, fraction_nanos, &nanos)) {
    return seconds < 0 ? Instant::earliest() : Instant::latest();
  }
  return {nanos};
}

// The first up to seven digits behind the `.` at `at`, at once, as nanoseconds; `digits` becomes
// how many there are.
std::int64_t leading_fraction(const char* at, unsigned& digits) {
  const std::uint64_t values =
      (eight_bytes(at) >> 8) ^ 0x3030303030303030U;  // the last byte is never a digit
  const std::uint64_t others = ((values + 0x0606060606060606U) | values) & 0xF0F0F0F0F0F0F0F0U;
  const auto digit_bits = static_cast<unsigned>(__builtin_ctzll(others)) & ~7U;
  digits = digit_bits / 8;
  std::uint64_t sum = values & ((std::uint64_t{1} << digit_bits) - 1);
  // Neighbours are added up in pairs, fours, eights; missing digits are zeros at the end.
  sum = ((sum * 10) + (sum >> 8)) & 0x00FF00FF00FF00FFU;
  sum = ((sum * 100) + (sum >> 16)) & 0x0000FFFF0000FFFFU;
  sum = ((sum * 10'000) + (sum >> 32)) & 0x00000000FFFFFFFFU;
  return static_cast<std::int64_t>(sum * 10);
}

// Eats `.` and one to nine digits. False where that is not what stands there.
bool parse_fraction(const char*& at, const char* end, std::int64_t& nanos) {
  if (end - at >= 8) {
    unsigned leading = 0;
    nanos = leading_fraction(at, leading);
    if (leading != 0 && leading != 7) {
      at += 1 + leading;
      return true;
    }
  }
  const char* const first = ++at;
  std::uint32_t value = 0;
  while (at != end && digit(*at) <= 9) {
    if (at - first == max_fraction_digits) return false;
    value = value * 10 + digit(*at++);
  }
  const auto digits = static_cast<unsigned>(at - first);
  nanos = static_cast<std::int64_t>(value) * powers_of_ten[max_fraction_digits - digits];
  return digits != 0;
}

// The offset in seconds, all of [at, end) being `Z` or +hh:mm. False where it is not.
bool parse_offset(const char* at, const char* end, std::int64_t& seconds) {
  if (end - at == 1) return *at == 'Z' || *at == 'z';
  if (end - at != 6 || (*at != '+' && *at != '-') || at[3] != ':') return false;
  const unsigned hours = two_digits(at + 1);
  const unsigned minutes = two_digits(at + 4);
  if (hours > 23 || minutes > 59) return false;
  seconds = static_cast<std::int64_t>(hours * 3600 + minutes * 60);
  if (*at == '-') seconds = -seconds;
  return true;
}

}  // namespace

tl::expected<Instant, const char*> parse_rfc3339(const char* begin, const char* end) {
  if (end - begin <= static_cast<std::ptrdiff_t>(seconds_end)) {
    return tl::make_unexpected("a time needs date, time of day and offset");
  }
  std::uint64_t wrong = 0;
  const std::uint64_t date = pairs_in(begin, "0000-00-", 0x0F06060F06060606U, wrong);
  const std::uint64_t clock = pairs_in(begin + 11, "00:00:00", 0x06060F06060F0606U, wrong);
  const unsigned day = two_digits(begin + 8);
  const char separator = begin[10];
  if (wrong != 0 || (separator != 'T' && separator != 't' && separator != ' ')) {
    return tl::make_unexpected("not of the form YYYY-MM-DDThh:mm:ss");
  }
  const unsigned year = pair_at(date, 0) * 100 + pair_at(date, 2);
  const unsigned month = pair_at(date, 5);
  const bool leap = is_leap(year);
  if (month > 12) return tl::make_unexpected("no such month");
  if (day == 0 || day > days_in_month[month] + (leap && month == 2 ? 1U : 0U)) {
    return tl::make_unexpected("no such day");
  }
  const unsigned hour = pair_at(clock, 0);
  const unsigned minute = pair_at(clock, 3);
  const unsigned second = pair_at(clock, 6);
  if (hour > 23 || minute > 59 || second > 59) return tl::make_unexpected("no such time of day");

  const char* at = begin + seconds_end;
  std::int64_t fraction_nanos = 0;
  if (*at == '.' && !parse_fraction(at, end, fraction_nanos)) {
    return tl::make_unexpected("the fraction of a second has one to nine digits");
  }
  std::int64_t offset_seconds = 0;
  if (!parse_offset(at, end, offset_seconds)) {
    return tl::make_unexpected("the offset is neither Z nor +hh:mm");
  }
  const std::int64_t seconds = days_since_epoch(year, month, day, leap) * 86'400 +
                               static_cast<std::int64_t>(hour * 3600 + minute * 60 + second);
  return saturated(seconds - offset_seconds, fraction_nanos);
}

std::string to_rfc3339(Instant at) {
  using namespace std::chrono;
  const sys_time<microseconds> when{microseconds{at.micros()}};
  const auto day = floor<days>(when);
  const year_month_day date{day};
  const hh_mm_ss<microseconds> time{when - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count(),
                     time.subseconds().count());
}

}  // namespace packwarden
