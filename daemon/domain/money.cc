#include "domain/money.h"

#include <fmt/format.h>

#include <algorithm>

namespace packwarden {
namespace {

constexpr std::size_t micro_decimals = 6;
constexpr std::size_t min_shown_decimals = 2;
constexpr std::uint64_t micros_per_unit = 1'000'000;

bool are_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

tl::expected<MoneyMicros, AmountFault> parse_money(std::string_view text) {
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, point);
  const std::string_view decimals = text.substr(std::min(point + 1, text.size()));
  if (whole.empty() || decimals.size() > micro_decimals ||
      (point < text.size() && decimals.empty()) || !are_digits(whole) || !are_digits(decimals)) {
    return tl::unexpected(AmountFault::malformed);
  }
  Wide micros = 0;
  const auto append = [&micros](char digit) {
    // Held at what is too large, so that no number of digits overflows.
    if (micros <= max_amount_micros) micros = micros * 10 + (digit - '0');
  };
  for (const char digit : whole) append(digit);
  for (std::size_t i = 0; i < micro_decimals; ++i) {
    append(i < decimals.size() ? decimals[i] : '0');
  }
  if (micros > max_amount_micros) return tl::unexpected(AmountFault::too_large);
  return static_cast<MoneyMicros>(micros);
}

std::string money_text(MoneyMicros micros) {
  const std::uint64_t size =
      micros < 0 ? 0 - static_cast<std::uint64_t>(micros) : static_cast<std::uint64_t>(micros);
  std::string decimals = fmt::format("{:06}", size % micros_per_unit);
  while (decimals.size() > min_shown_decimals && decimals.back() == '0') decimals.pop_back();
  return fmt::format("{}{}.{}", micros < 0 ? "-" : "", size / micros_per_unit, decimals);
}

}  // namespace packwarden
