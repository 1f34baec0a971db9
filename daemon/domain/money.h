#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "domain/ids.h"

namespace packwarden {

// The most that one price, payment or top-up may be, and that a balance may reach either way: so no
// sum of two overflows.
inline constexpr MoneyMicros max_amount_micros = 1'000'000'000'000'000'000;
inline constexpr MoneyMicros max_balance_micros = 4'000'000'000'000'000'000;

// Why a text is no amount: it is not of that form, or it is more than max_amount_micros.
enum class AmountFault { malformed, too_large };

// Of decimal text such as "300" or "0.005": digits, with at most 6 decimals, from 0 to
// max_amount_micros. Pure; thread-safe.
tl::expected<MoneyMicros, AmountFault> parse_money(std::string_view text);

// Exact, with at least 2 decimals and as many as are needed: "300.00", "-0.005". Pure; thread-safe.
std::string money_text(MoneyMicros micros);

}  // namespace packwarden
