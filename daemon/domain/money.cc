#include "domain/money.h"

#include <fmt/format.h>

#include <algorithm>

namespace packwarden {
namespace {

constexpr std::size_t micro_decimals = 6;
constexpr std::size_t min_shown_decimals = 2;
constexpr std::size_t max_whole_digits = 13;  // of 1'000'000'000'000
constexpr std::uint64_t micros_per_unit = 1'000'000;

bool are_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::optional<MoneyMicros> parse_money(std::string_view text) {
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, point);
  const std::string_view decimals = text.substr(std::min(point + 1, text.size()));
  if (whole.empty() || whole.size() > max_whole_digits || decimals.size() > micro_decimals ||
      (point < text.size() && decimals.empty()) || !are_digits(whole) || !are_digits(decimals)) {
    return std::nullopt;
  }
  MoneyMicros micros = 0;
  for (const char c : whole) micros = micros * 10 + (c - '0');
  for (std::size_t i = 0; i < micro_decimals; ++i) {
    micros = micros * 10 + (i < decimals.size() ? decimals[i] - '0' : 0);
  }
  return micros <= max_amount_micros ? std::optional(micros) : std::nullopt;
}

std::string money_text(MoneyMicros micros) {
  const std::uint64_t size =
      micros < 0 ? 0 - static_cast<std::uint64_t>(micros) : static_cast<std::uint64_t>(micros);
  std::string decimals = fmt::format("{:06}", size % micros_per_unit);
  while (decimals.size() > min_shown_decimals && decimals.back() == '0') decimals.pop_back();
  return fmt::format("{}{}.{}", micros < 0 ? "-" : "", size / micros_per_unit, decimals);
}

}  // namespace packwarden
