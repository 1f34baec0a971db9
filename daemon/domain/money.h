#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "domain/ids.h"

namespace packwarden {

// The most that one price, payment or top-up may be, and that a balance may reach either way: so no
// sum of two overflows.
inline constexpr MoneyMicros max_amount_micros = 1'000'000'000'000'000'000;
inline constexpr MoneyMicros max_balance_micros = 4'000'000'000'000'000'000;

// Of decimal text such as "300" or "0.005": digits, with at most 6 decimals, from 0 to
// max_amount_micros; nullopt for anything else. Pure; thread-safe.
std::optional<MoneyMicros> parse_money(std::string_view text);

// Exact, with at least 2 decimals and as many as are needed: "300.00", "-0.005". Pure; thread-safe.
std::string money_text(MoneyMicros micros);

}  // namespace packwarden
