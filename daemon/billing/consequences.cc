#include "billing/consequences.h"

#include <algorithm>

namespace packwarden {
namespace {

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
  if (before.is_active() && !state.is_active()) {
    tell(NoticeKind::service_stopped);
    out.notices.back().reason = state.reason;
  }
  if (!before.is_active() && state.is_active() && was_known) tell(NoticeKind::service_resumed);
  if (state.covered_by == CoveredBy::postpaid && before.covered_by != CoveredBy::postpaid) {
    tell(NoticeKind::postpaid_in_effect);
  }
}

ServiceFinding finding_of(const ProductStanding& product, Instant at) {
  ServiceFinding finding(at);
  for (const HeldPack& held : product.packs) finding.add(glance_of(held));
  return finding;
}

// The instants since the last change of the service state, up to `now`, at which time alone may
// have changed it: a pack that covers or is frozen expired, or the price of overage began.
std::vector<Instant> turns_of(const ProductStanding& product, Instant now) {
  std::vector<Instant> turns;
  const auto add = [&](Instant at) {
    if (product.service_since < at && at <= now) turns.push_back(at);
  };
  if (product.service_since == Instant::earliest()) return turns;  // never activated
  for (const HeldPack& held : product.packs) {
    if (held.left() > 0 && !held.is_refunded()) add(held.pack.expires_at);
  }
  if (product.postpaid_on && product.priced_from) add(*product.priced_from);
  std::sort(turns.begin(), turns.end());
  return turns;
}

// O8: what the balance, as it is now, does to postpaid of all products.
std::optional<PostpaidStep> step_of_balance(const AccountStanding& account) {
  if (account.balance_micros < 0) {
    if (!account.is_suspended) return PostpaidStep::suspended;
    return account.is_in_arrears ? std::nullopt : std::optional(PostpaidStep::below_zero);
  }
  if (!account.is_suspended) return std::nullopt;
  if (account.balance_micros > 0) return PostpaidStep::resumed;
  return account.is_in_arrears ? std::optional(PostpaidStep::at_zero) : std::nullopt;
}

}  // namespace

PackGlance glance_of(const HeldPack& held) {
  return {held.pack.id,       held.pack.is_trial,       held.has_open_refund(),
          held.is_refunded(), held.pack.effective_from, held.pack.expires_at,
          held.left(),        held.exhausted_at};
}

ServiceState service_state(const AccountStanding& account, const ProductStanding& product,
                           Instant at) {
  return finding_of(product, at)
      .state({account.account.closed_at, account.balance_micros < 0, account.is_suspended,
              product.postpaid_on, product.priced_from});
}

Consequences let_time_pass(AccountStanding& account, Instant now) {
  Consequences out;
  for (ProductStanding& product : account.products) {
    for (const Instant at : turns_of(product, now)) {
      const ServiceState state = service_state(account, product, at);
      if (state != product.service) change_service(account, product, state, at, out);
    }
  }
  return out;
}

Consequences follow_change(AccountStanding& account, Instant now) {
  Consequences out;
  const auto turn = [&](ProductId product, PostpaidStep step) {
    out.postpaid.push_back({account.account.id, product, step, now});
  };
  if (const auto step = step_of_balance(account)) {
    turn(ProductId{}, *step);
    if (account.balance_micros < 0) {
      out.notices.push_back(notice_of(account, ProductId{}, NoticeKind::arrears));
    }
    account.is_suspended = step != PostpaidStep::resumed;
    account.is_in_arrears = account.balance_micros < 0;
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
