#pragma once

#include <optional>
#include <vector>

#include "domain/catalogue.h"
#include "domain/notice.h"
#include "domain/standing.h"

// What one change of an account does to the rest of it. Pure; thread-safe.
namespace packwarden {

// O1 to O3, O10, O11: whether the product may be used at `at`, what covers it, or why it is
// stopped: the first that holds of closed_account, arrears (a balance below zero, or postpaid that
// is on and still suspended), packs_*, trial_*, never_activated. Packs with an open or completed
// refund do not count.
ServiceState service_state(const AccountStanding& account, const ProductStanding& product,
                           Instant at);

struct Consequences {
  std::vector<PostpaidChange> postpaid;
  std::vector<ServiceChange> services;
  std::vector<Notice> notices;
};

// O10: what the mere passing of time did: packs that expired by `now` and were the last to cover
// their product. The instant of such a change is that of the expiry. Call it before a change is
// made, so that the change finds all expiries noticed. Brings `account` up to date.
Consequences let_time_pass(AccountStanding& account, Instant now);

// O8, O9: what a change that `account` holds already brings about at `now`: an account whose
// balance is below zero is suspended, one that is above zero again resumed; postpaid of a product
// of which no bought pack stands any more goes off; and the service states. Brings `account` up to
// date.
Consequences follow_change(AccountStanding& account, Instant now);

// O4: what becomes of postpaid after a pack of the product was bought, or nothing: on where money
// is left on the balance, else failed.
std::optional<PostpaidStep> step_after_purchase(const AccountStanding& account,
                                                const ProductStanding& bought,
                                                const Product& product);

}  // namespace packwarden
