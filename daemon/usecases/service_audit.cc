#include "usecases/service_audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "billing/consequences.h"
#include "billing/price_beginnings.h"

namespace packwarden {
namespace {

std::string shown(const ServiceState& state) {
  return state.is_active() ? fmt::format("active by {}", name_of(state.covered_by))
                           : fmt::format("stopped by {}", name_of(state.reason));
}

// By when all that the ledger knows of the product had begun, and expiries were noticed. What was
// dated ahead before ledger time was set back has not begun.
Instant earliest_end(const AuditedAccount& audited, const ProductStanding& product) {
  Instant at = audited.expired_until;
  if (audited.standing->account.closed_at) at = std::max(at, *audited.standing->account.closed_at);
  for (const HeldPack& held : product.packs) {
    at = std::max(at, std::min(held.pack.effective_from, audited.last_instant));
  }
  return at;
}

}  // namespace

ServiceAudit::ServiceAudit(const Catalogue& catalogue, const BusinessCalendar& calendar,
                           std::uint32_t shown_max)
    : catalogue_(&catalogue),
      calendar_(&calendar),
      shown_max_(shown_max),
      check_{"service_states", "O10", 0, 0, {}} {}

void ServiceAudit::take(const AuditedAccount& account) {
  set_priced_from(*account.standing, *catalogue_, *calendar_);
  for (const ProductStanding& product : account.standing->products) {
    ++check_.looked_at;
    // An expiry, or a price that begins, is noticed by the next change of the account, or by the
    // job. So the state is that of some instant from the job's progress on: that of its last
    // change, or one before or after all that time alone does.
    const Instant first = earliest_end(account, product);
    const std::array instants{first, std::max(first, product.service_since),
                              std::max(first, account.last_instant)};
    const bool is_right = std::any_of(instants.begin(), instants.end(), [&](Instant at) {
      return service_state(*account.standing, product, at) == product.service;
    });
    if (is_right || check_.breaks++ >= shown_max_) continue;
    check_.shown.push_back(
        fmt::format("{} of {} is stored as {}, but by its packs, postpaid and balance it is {}",
                    product.name, account.standing->account.name, shown(product.service),
                    shown(service_state(*account.standing, product, instants.back()))));
  }
}

}  // namespace packwarden
