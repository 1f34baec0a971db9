#pragma once

#include <tl/expected.hpp>

#include "domain/catalogue.h"
#include "domain/refusal.h"
#include "domain/standing.h"

namespace packwarden {

// O4: whether postpaid of a product may be switched by command. `held`: nullptr where the account
// never had packs of it. On needs a bought pack, past or present, and a balance above zero. Pure;
// thread-safe. Refusals: no_postpaid, closed_account, no_bought_pack, no_money, already_on,
// already_off.
tl::expected<void, Refusal> may_switch_postpaid(const AccountStanding& account,
                                                const ProductStanding* held, const Product& product,
                                                bool on);

}  // namespace packwarden
