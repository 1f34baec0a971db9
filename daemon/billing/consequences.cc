#include "billing/consequences.h"

#include <algorithm>

namespace packwarden {
namespace {

// When a pack stopped having units for use: by use, or by its expiry.
struct PackEnding {
  Instant at;
  bool expired = false;
};

std::optional<PackEnding> ending_of(const HeldPack& held, Instant at) {
  const Instant expiry = held.pack.expires_at;
  if (held.left() == 0) {
    const Instant exhausted = held.exhausted_at.value_or(held.pack.effective_from);
    if (exhausted < expiry) return PackEnding{exhausted, false};
  }
  if (expiry <= at) return PackEnding{expiry, true};
  return std::nullopt;
}

// The last pack to end, of the bought ones or of the trials.
std::optional<PackEnding> last_ending(const ProductStanding& product, bool trial, Instant at) {
  std::optional<PackEnding> last;
  for (const HeldPack& held : product.packs) {
    if (held.pack.is_trial != trial || held.is_frozen()) continue;
    const auto ending = ending_of(held, at);
    if (ending && (!last || ending->at >= last->at)) last = ending;
  }
  return last;
}

Notice notice_of(const AccountStanding& account, ProductId product, NoticeKind kind) {
  Notice notice;
  notice.account = account.account.id;
  notice.product = product;
  notice.kind = kind;
  return notice;
}

void change_service(const AccountStanding& account, ProductStanding& product,
                    const ServiceState& state, Instant at, Consequences& out) {
  const ServiceState before = product.service;
  const bool was_known = product.service_since != Instant::earliest();
  product.service = state;
  product.service_since = std::max(at, product.service_since);
  out.services.push_back({account.account.id, product.product, state, product.service_since});
  const auto tell = [&](NoticeKind kind) {
    out.notices.push_back(notice_of(account, product.product, kind));
  };
  if (before.is_active() && !state.is_active()) tell(NoticeKind::service_stopped);
  if (!before.is_active() && state.is_active() && was_known) tell(NoticeKind::service_resumed);
  if (state.covered_by == CoveredBy::postpaid && before.covered_by != CoveredBy::postpaid) {
    tell(NoticeKind::postpaid_in_effect);
  }
}

}  // namespace

ServiceState service_state(const AccountStanding& account, const ProductStanding& product,
                           Instant at) {
  if (account.account.closed_at && at >= *account.account.closed_at) {
    return {CoveredBy::none, StopReason::closed_account};
  }
  if (std::any_of(product.packs.begin(), product.packs.end(), [&](const HeldPack& held) {
        return held.is_eligible_at(at) && held.left() > 0;
      })) {
    return {CoveredBy::packs, StopReason::none};
  }
  if (product.postpaid_on && !account.is_suspended) return {CoveredBy::postpaid, StopReason::none};
  if (account.balance_micros < 0 || (product.postpaid_on && account.is_suspended)) {
    return {CoveredBy::none, StopReason::arrears};
  }
  if (const auto ending = last_ending(product, false, at)) {
    return {CoveredBy::none,
            ending->expired ? StopReason::packs_expired : StopReason::packs_exhausted};
  }
  if (const auto ending = last_ending(product, true, at)) {
    return {CoveredBy::none,
            ending->expired ? StopReason::trial_expired : StopReason::trial_exhausted};
  }
  return {CoveredBy::none, StopReason::never_activated};
}

Consequences let_time_pass(AccountStanding& account, Instant now) {
  Consequences out;
  for (ProductStanding& product : account.products) {
    if (product.service.covered_by != CoveredBy::packs) continue;
    Instant ended = Instant::earliest();
    for (const HeldPack& held : product.packs) {
      if (held.is_frozen()) continue;
      const auto ending = ending_of(held, now);
      if (ending && ending->expired) ended = std::max(ended, ending->at);
    }
    if (ended <= product.service_since) continue;
    const ServiceState state = service_state(account, product, now);
    if (state.covered_by != CoveredBy::packs) change_service(account, product, state, ended, out);
  }
  return out;
}

Consequences follow_change(AccountStanding& account, Instant now) {
  Consequences out;
  const auto turn = [&](ProductId product, PostpaidStep step) {
    out.postpaid.push_back({account.account.id, product, step, now});
  };
  if (!account.is_suspended && account.balance_micros < 0) {
    account.is_suspended = true;
    turn(ProductId{}, PostpaidStep::suspended);
    out.notices.push_back(notice_of(account, ProductId{}, NoticeKind::arrears));
  } else if (account.is_suspended && account.balance_micros > 0) {
    account.is_suspended = false;
    turn(ProductId{}, PostpaidStep::resumed);
  }
  for (ProductStanding& product : account.products) {
    if (product.postpaid_on && !product.has_bought_pack()) {
      product.postpaid_on = false;
      turn(product.product, PostpaidStep::off);
    }
    const ServiceState state = service_state(account, product, now);
    if (state != product.service) change_service(account, product, state, now, out);
  }
  return out;
}

std::optional<PostpaidStep> step_after_purchase(const AccountStanding& account,
                                                const ProductStanding& bought,
                                                const Product& product) {
  if (bought.postpaid_on || product.postpaid_prices.empty()) return std::nullopt;
  return account.balance_micros > 0 ? PostpaidStep::on : PostpaidStep::failed;
}

}  // namespace packwarden
