#pragma once

#include <optional>

#include "domain/business_calendar.h"
#include "domain/catalogue.h"
#include "domain/standing.h"

// From when on overage has a price (S3, S15): before it postpaid does not act. Pure; thread-safe.
namespace packwarden {

// The midnight of the first business day with a price; earliest() for one from the beginning;
// nullopt where the product has none.
std::optional<Instant> priced_from(const Product& product, const BusinessCalendar& calendar);

// Sets it for all products of the account; of one that the catalogue does not know there is none.
void set_priced_from(AccountStanding& account, const Catalogue& catalogue,
                     const BusinessCalendar& calendar);

}  // namespace packwarden
