#include "http/http_time.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <iterator>

namespace packwarden {
namespace {

namespace chrono = std::chrono;

constexpr std::array weekday_names = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array month_names = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct Parts {
  chrono::sys_days day;
  chrono::year_month_day date;
  chrono::hh_mm_ss<chrono::microseconds> time;
};

Parts parts_of(Instant at) {
  const chrono::sys_time<chrono::microseconds> point{chrono::microseconds(at.micros())};
  const auto day = chrono::floor<chrono::days>(point);
  return {day, chrono::year_month_day(day), chrono::hh_mm_ss(point - day)};
}

}  // namespace

void append_rfc3339(std::string& out, Instant at) {
  const Parts parts = parts_of(at);
  fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
                 static_cast<int>(parts.date.year()), static_cast<unsigned>(parts.date.month()),
                 static_cast<unsigned>(parts.date.day()), parts.time.hours().count(),
                 parts.time.minutes().count(), parts.time.seconds().count(),
                 parts.time.subseconds().count());
}

std::string_view HttpDate::at(Instant now) {
  const std::int64_t second = now.nanos / 1'000'000'000;
  if (second == second_) return text_;
  second_ = second;
  const Parts parts = parts_of(now);
  text_ = fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                      weekday_names[chrono::weekday(parts.day).c_encoding()],
                      static_cast<unsigned>(parts.date.day()),
                      month_names[static_cast<unsigned>(parts.date.month()) - 1],
                      static_cast<int>(parts.date.year()), parts.time.hours().count(),
                      parts.time.minutes().count(), parts.time.seconds().count());
  return text_;
}

}  // namespace packwarden
