#include "usecases/entitlement_book.h"

#include <algorithm>
#include <mutex>
#include <stdexcept>
#include <utility>

namespace packwarden {
namespace {

// So many draws are taken over at a time, that no answer waits for long.
constexpr std::size_t draws_at_a_time = 1'000;

}  // namespace

EntitlementBook::EntitlementBook(const Catalogue& catalogue, std::function<Instant()> now)
    : now_(std::move(now)) {
  for (const Product& product : catalogue.products) products_.emplace(product.name, product.id);
}

EntitlementBook::Service& EntitlementBook::service(AccountId account, ProductId product) {
  auto& services = holder(account).services;
  for (Service& found : services) {
    if (found.product == product) return found;
  }
  services.push_back({product, {}, false, {}});
  return services.back();
}

EntitlementBook::Cover& EntitlementBook::cover(PackId pack) {
  const PlaceOfPack place = packs_.at(value_of(pack));
  for (Cover& found : service(place.account, place.product).packs) {
    if (found.pack == pack) return found;
  }
  throw std::logic_error("there is no pack " + std::to_string(value_of(pack)));
}

void EntitlementBook::take_over(const Changes& changes, Instant as_of) {
  {
    const std::unique_lock lock(mutex_);
    take_over_some(changes);
  }
  // Behind the service states: a pack without units never looks as if it had expired.
  std::span<const PackDraw> draws = changes.draws;
  while (!draws.empty()) {
    const auto some = draws.first(std::min(draws.size(), draws_at_a_time));
    draws = draws.subspan(some.size());
    const std::unique_lock lock(mutex_);
    for (const PackDraw& draw : some) cover(draw.pack).left -= draw.units;
  }
  sequence_ = changes.sequence;
  confirm(as_of);
}

void EntitlementBook::confirm(Instant as_of) {
  const std::unique_lock lock(mutex_);
  as_of_ = as_of;
  loaded_ = true;
}

void EntitlementBook::take_over_some(const Changes& changes) {
  for (const Account& account : changes.accounts) {
    if (value_of(account.id) >= holders_.size()) holders_.resize(value_of(account.id) + 1);
    holder(account.id).main = account.main();
    names_.emplace(account.name, account.id);
  }
  for (const AccountFact& fact : changes.facts) {
    if (fact.kind == AccountFactKind::closed) holder(fact.account).closed_at = fact.known_at;
  }
  for (const Pack& pack : changes.packs) {
    if (value_of(pack.id) >= packs_.size()) packs_.resize(value_of(pack.id) + 1);
    packs_[value_of(pack.id)] = {pack.account, pack.product};
    service(pack.account, pack.product)
        .packs.push_back(
            {pack.id, pack.is_trial, false, pack.effective_from, pack.expires_at, pack.quota});
  }
  for (const RefundStepTaken& taken : changes.refund_steps) {
    cover(taken.pack).frozen = freezes(taken.step);
  }
  for (const PostpaidChange& change : changes.postpaid) {
    switch (change.step) {
      case PostpaidStep::on:
      case PostpaidStep::off:
        service(change.account, change.product).postpaid_on = change.step == PostpaidStep::on;
        break;
      case PostpaidStep::suspended:
      case PostpaidStep::resumed:
        holder(change.account).suspended = change.step == PostpaidStep::suspended;
        break;
      case PostpaidStep::failed:
        break;
    }
  }
  for (const ServiceChange& change : changes.services) {
    service(change.account, change.product).stored = change.state;
  }
}

// The stored state, but for packs that have expired since: whatever else changes it is stored in
// the transaction that does (O9).
ServiceState EntitlementBook::state_at(const Holder& holder, const Service& service, Instant at,
                                       Units& left) {
  bool has_bought = false;
  for (const Cover& pack : service.packs) {
    if (!pack.frozen && at >= pack.effective_from && at < pack.expires_at) left += pack.left;
    has_bought = has_bought || (!pack.is_trial && !pack.frozen);
  }
  if (at >= holder.closed_at) return {CoveredBy::none, StopReason::closed_account};
  if (left > 0) return {CoveredBy::packs, StopReason::none};
  if (service.stored.covered_by != CoveredBy::packs) return service.stored;
  if (holder.suspended) return {CoveredBy::none, StopReason::arrears};
  if (service.postpaid_on) return {CoveredBy::postpaid, StopReason::none};
  return {CoveredBy::none, has_bought ? StopReason::packs_expired : StopReason::trial_expired};
}

tl::expected<Entitlement, EntitlementFault> EntitlementBook::check(std::string_view account,
                                                                   std::string_view product) const {
  const Instant at = now_();
  const std::shared_lock lock(mutex_);
  if (!loaded_) return tl::unexpected(EntitlementFault::not_ready);
  const auto name = names_.find(account);
  if (name == names_.end()) return tl::unexpected(EntitlementFault::unknown_account);
  const auto known = products_.find(product);
  if (known == products_.end()) return tl::unexpected(EntitlementFault::unknown_product);
  const Holder& main = holders_[value_of(holders_[value_of(name->second)].main)];
  Units left = 0;
  ServiceState state;
  for (const Service& service : main.services) {
    if (service.product == known->second) state = state_at(main, service, at, left);
  }
  if (main.services.empty() && at >= main.closed_at) {
    state = {CoveredBy::none, StopReason::closed_account};
  }
  return Entitlement{state.is_active(), name_of(state.reason), name_of(state.covered_by), left,
                     as_of_};
}

}  // namespace packwarden
