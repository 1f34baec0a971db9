#include "billing/price_beginnings.h"

#include <algorithm>

namespace packwarden {

std::optional<Instant> priced_from(const Product& product, const BusinessCalendar& calendar) {
  if (product.postpaid_prices.empty()) return std::nullopt;
  const BusinessDay first = product.postpaid_prices.front().from;
  return first == beginning_of_days ? Instant::earliest() : calendar.start_of(first);
}

void set_priced_from(AccountStanding& account, const Catalogue& catalogue,
                     const BusinessCalendar& calendar) {
  for (ProductStanding& held : account.products) {
    const auto product = std::find_if(catalogue.products.begin(), catalogue.products.end(),
                                      [&](const Product& one) { return one.id == held.product; });
    if (product != catalogue.products.end()) held.priced_from = priced_from(*product, calendar);
  }
}

}  // namespace packwarden
