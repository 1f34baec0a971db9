#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <string>
#include <tl/expected.hpp>

namespace packwarden {

// A point in time: nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted. Covers 1677 to
// 2262; an instant beyond is held at the nearest end, which every rule treats as too old or in the
// future.
struct Instant {
  std::int64_t nanos = 0;

  auto operator<=>(const Instant&) const = default;

  static constexpr Instant from_micros(std::int64_t micros) { return {micros * 1000}; }
  // Rounded down, so that an instant never moves into a later period.
  constexpr std::int64_t micros() const {
    return nanos >= 0 ? nanos / 1000 : -((-(nanos + 1)) / 1000) - 1;
  }
  static constexpr Instant earliest() { return {std::numeric_limits<std::int64_t>::min()}; }
  static constexpr Instant latest() { return {std::numeric_limits<std::int64_t>::max()}; }
};

// A length of time in nanoseconds. 'Days' that are not business days are 24 h.
struct Span {
  std::int64_t nanos = 0;

  auto operator<=>(const Span&) const = default;

  static constexpr Span seconds(std::int64_t n) { return {n * 1'000'000'000}; }
  static constexpr Span minutes(std::int64_t n) { return seconds(n * 60); }
  static constexpr Span days(std::int64_t n) { return seconds(n * 86'400); }
};

// Saturating, never wrapping.
constexpr Instant operator+(Instant at, Span by) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(at.nanos, by.nanos, &sum)) {
    return by.nanos < 0 ? Instant::earliest() : Instant::latest();
  }
  return {sum};
}
constexpr Instant operator-(Instant at, Span by) {
  return at + Span{-by.nanos};
}
constexpr Span operator-(Instant to, Instant from) {
  std::int64_t difference = 0;
  if (__builtin_sub_overflow(to.nanos, from.nanos, &difference)) {
    return {to < from ? std::numeric_limits<std::int64_t>::min()
                      : std::numeric_limits<std::int64_t>::max()};
  }
  return {difference};
}

// RFC 3339 with offset, seconds 00 to 59 (60 is refused: a leap second has no instant here), up to
// nine digits of fraction (U2). Only the `T`/`t` or a space between date and time, `Z`/`z` or
// +hh:mm behind. The error says what is wrong. Pure; thread-safe.
tl::expected<Instant, const char*> parse_rfc3339(const char* begin, const char* end);

// As RFC 3339 in UTC with microseconds, e.g. 2026-11-22T22:07:57.123456Z.
std::string to_rfc3339(Instant at);

}  // namespace packwarden
