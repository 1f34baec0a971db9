#include "billing/service_finding.h"

#include <tuple>

namespace packwarden {

// When a pack stopped having units for use: by use, or by its expiry.
std::optional<ServiceFinding::Ending> ServiceFinding::ending_of(const PackGlance& pack) const {
  if (pack.left == 0) {
    const Instant exhausted = pack.exhausted_at.value_or(pack.effective_from);
    if (exhausted < pack.expires_at) return Ending{exhausted, pack.id, false};
  }
  if (pack.expires_at <= at_) return Ending{pack.expires_at, pack.id, true};
  return std::nullopt;
}

void ServiceFinding::add(const PackGlance& pack) {
  if (pack.is_refunded) return;
  if (pack.has_open_refund) {
    has_frozen_ = has_frozen_ || (pack.left > 0 && at_ < pack.expires_at);
    return;
  }
  if (at_ >= pack.effective_from && at_ < pack.expires_at) left_ += pack.left;
  std::optional<Ending>& last = pack.is_trial ? trial_ : bought_;
  const auto ending = ending_of(pack);
  if (ending && (!last || std::tie(ending->at, ending->pack) > std::tie(last->at, last->pack))) {
    last = ending;
  }
}

ServiceState ServiceFinding::state(const ServiceFacts& facts) const {
  const auto stopped = [](StopReason reason) { return ServiceState{CoveredBy::none, reason}; };
  if (facts.closed_at && at_ >= *facts.closed_at) return stopped(StopReason::closed_account);
  if (left_ > 0) return {CoveredBy::packs, StopReason::none};
  const bool has_postpaid = facts.postpaid_on && facts.priced_from && at_ >= *facts.priced_from;
  if (has_postpaid && !facts.is_suspended) return {CoveredBy::postpaid, StopReason::none};
  if (facts.is_in_arrears || (has_postpaid && facts.is_suspended)) {
    return stopped(StopReason::arrears);
  }
  if (has_frozen_) return stopped(StopReason::packs_frozen);
  if (bought_) {
    return stopped(bought_->by_expiry ? StopReason::packs_expired : StopReason::packs_exhausted);
  }
  if (trial_) {
    return stopped(trial_->by_expiry ? StopReason::trial_expired : StopReason::trial_exhausted);
  }
  return stopped(StopReason::never_activated);
}

}  // namespace packwarden
