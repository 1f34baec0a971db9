#pragma once

#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "domain/account.h"
#include "domain/journal.h"
#include "domain/pack.h"
#include "domain/refusal.h"

// The journals of docs/BILLING.md (P6, P8). Pure; thread-safe.
namespace packwarden {

// Money that came in under `reference`: 1 to max_amount_micros. Refusals: nothing_to_do,
// balance_too_high.
tl::expected<Journal, Refusal> top_up(const Account& account, MoneyMicros balance_micros,
                                      MoneyMicros amount_micros, const std::string& reference,
                                      Instant at);

// P6: what buying `pack` books, from the balance, or, where `payment_reference` is not empty, by
// that payment. Nothing where the pack costs nothing. Refusals: balance_too_low.
tl::expected<std::vector<Journal>, Refusal> pay_for(const Account& account, const Pack& pack,
                                                    MoneyMicros balance_micros,
                                                    const std::string& payment_reference,
                                                    const std::string& currency);

}  // namespace packwarden
