#pragma once

#include <string>
#include <vector>

#include "domain/business_calendar.h"
#include "domain/catalogue.h"
#include "domain/standing.h"

namespace packwarden {

// O9: whether an account may use a product at an instant, and how much of its packs is left then.
struct EntitlementRow {
  std::string product;
  ServiceState state;
  Units left = 0;
  bool postpaid_on = false;
  bool postpaid_suspended = false;
};
// Of each product of which the account holds packs, by name. Pure.
std::vector<EntitlementRow> entitlements_of(AccountStanding account, const Catalogue& catalogue,
                                            const BusinessCalendar& calendar, Instant at);
// Of one product, whether it holds packs of it or not. Pure.
EntitlementRow entitlement_of(AccountStanding account, const Product& product,
                              const BusinessCalendar& calendar, Instant at);

}  // namespace packwarden
