#pragma once

#include <span>
#include <string_view>
#include <tl/expected.hpp>

#include "domain/account.h"
#include "domain/business_calendar.h"
#include "domain/catalogue.h"
#include "domain/pack.h"
#include "domain/refusal.h"

namespace packwarden {

// What claiming a trial or buying a pack gives, or why it is refused. The pack keeps quota, price,
// priority, notice levels, reminder days and refund window of the catalogue as it is now (C3). It
// is bought at `now`, rounded down to the microsecond that the ledger keeps, and effective from the
// beginning of that second (P5); its expiry goes by the purchase. Its id is 0: the ledger gives it
// out. Pure; thread-safe.

// P2: once per account and product, before the first bought pack of the product, by the main
// account only. `held`: all packs of the account and product, whatever became of them. Valid for
// the product's trial_valid_days of 24 h (C2). Refusals: sub_account, closed_account,
// no_trial, trial_claimed, trial_not_new.
tl::expected<Pack, Refusal> claim_trial(const Account& account, const Product& product,
                                        std::span<const Pack> held, Instant now);

// P1; who pays for it is pay_for's. Valid for the product's pack_valid_years of the business wall
// clock (C2). Refusals: sub_account, closed_account, unverified, unknown_tier, trial_not_sold.
tl::expected<Pack, Refusal> buy_pack(const Account& account, bool identity_verified,
                                     const Product& product, std::string_view tier, Instant now,
                                     const BusinessCalendar& calendar);

// N2, scope `stack`: how the packs stand with `bought` among them. `held`: all packs that the
// account had of the product before. Pure.
PackStack stack_after(const Pack& bought, std::span<const HeldPack> held);

}  // namespace packwarden
