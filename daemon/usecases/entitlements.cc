#include "usecases/entitlements.h"

#include <algorithm>

#include "billing/consequences.h"

namespace packwarden {

std::vector<EntitlementRow> entitlements_of(const AccountStanding& account, Instant at) {
  std::vector<EntitlementRow> rows;
  for (const ProductStanding& product : account.products) {
    EntitlementRow row;
    row.product = product.name;
    row.state = service_state(account, product, at);
    row.postpaid_on = product.postpaid_on;
    row.postpaid_suspended = product.postpaid_on && account.is_suspended;
    for (const HeldPack& held : product.packs) {
      if (held.is_eligible_at(at)) row.left += held.left();
    }
    rows.push_back(std::move(row));
  }
  std::sort(rows.begin(), rows.end(),
            [](const auto& a, const auto& b) { return a.product < b.product; });
  return rows;
}

}  // namespace packwarden
