#pragma once

#include <optional>
#include <vector>

#include "billing/service_finding.h"
#include "domain/catalogue.h"
#include "domain/notice.h"
#include "domain/standing.h"

// What one change of an account does to the rest of it. Pure; thread-safe.
namespace packwarden {

// What the service state needs of a pack.
PackGlance glance_of(const HeldPack& held);

// O1 to O3, O10, O11: whether the product may be used at `at`, what covers it, or why it is
// stopped, as ServiceFinding says it. `product.priced_from` is set.
ServiceState service_state(const AccountStanding& account, const ProductStanding& product,
                           Instant at);

struct Consequences {
  std::vector<PostpaidChange> postpaid;
  std::vector<ServiceChange> services;
  std::vector<Notice> notices;
};

// O10: what the mere passing of time did by `now`: packs that expired and were the last to cover
// their product, or were frozen, and a price that began while postpaid was on. The instant of such
// a change is that of the expiry or the price's midnight, and they come in this order. Call it
// before a change is made, so that the change finds all of it noticed. Brings `account` up to date.
Consequences let_time_pass(AccountStanding& account, Instant now);

// O8, O9: what a change that `account` holds already brings about at `now`: an account whose
// balance is below zero is suspended, one that is above zero again resumed, and each fall below
// zero is told (N3), also from exactly zero while the suspension goes on; postpaid of a product of
// which no bought pack stands any more goes off; and the service states. Brings `account` up to
// date.
Consequences follow_change(AccountStanding& account, Instant now);

// O4: what becomes of postpaid after a pack of the product was bought, or nothing: on where money
// is left on the balance, else failed.
std::optional<PostpaidStep> step_after_purchase(const AccountStanding& account,
                                                const ProductStanding& bought,
                                                const Product& product);

}  // namespace packwarden
