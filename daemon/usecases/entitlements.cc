#include "usecases/entitlements.h"

#include <algorithm>

#include "billing/consequences.h"
#include "billing/price_beginnings.h"
#include "domain/held_sum.h"

namespace packwarden {
namespace {

EntitlementRow row_of(const AccountStanding& account, const ProductStanding& product, Instant at) {
  EntitlementRow row;
  row.product = product.name;
  row.state = service_state(account, product, at);
  row.postpaid_on = product.postpaid_on;
  row.postpaid_suspended = product.postpaid_on && account.is_suspended;
  for (const HeldPack& held : product.packs) {
    if (held.is_eligible_at(at)) row.left = held_sum(row.left, held.left());
  }
  return row;
}

}  // namespace

std::vector<EntitlementRow> entitlements_of(AccountStanding account, const Catalogue& catalogue,
                                            const BusinessCalendar& calendar, Instant at) {
  set_priced_from(account, catalogue, calendar);
  std::vector<EntitlementRow> rows;
  for (const ProductStanding& product : account.products) {
    rows.push_back(row_of(account, product, at));
  }
  std::sort(rows.begin(), rows.end(),
            [](const auto& a, const auto& b) { return a.product < b.product; });
  return rows;
}

EntitlementRow entitlement_of(AccountStanding account, const Product& product,
                              const BusinessCalendar& calendar, Instant at) {
  ProductStanding none;
  none.product = product.id;
  none.name = product.name;
  ProductStanding* held = account.find(product.id);
  if (held == nullptr) held = &none;
  held->priced_from = priced_from(product, calendar);
  return row_of(account, *held, at);
}

}  // namespace packwarden
