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
  change(catalogue);
}

void EntitlementBook::change(const Catalogue& catalogue) {
  const std::unique_lock lock(mutex_);
  products_.clear();
  for (const Product& product : catalogue.products) products_.emplace(product.name, product.id);
}

void EntitlementBook::forget() {
  const std::unique_lock lock(mutex_);
  loaded_ = false;
  sequence_ = 0;
  by_name_.clear();
  all_names_.clear();
  holders_.resize(1);
  services_.resize(1);
  covers_.resize(1);
}

EntitlementBook::Service& EntitlementBook::service(AccountId account, ProductId product) {
  std::uint32_t* link = &holder(account).first_service;
  while (*link != 0) {
    Service& found = services_[*link];
    if (found.product == product) return found;
    link = &found.next;
  }
  *link = static_cast<std::uint32_t>(services_.size());
  services_.emplace_back().product = product;
  return services_.back();
}

std::string_view EntitlementBook::text_of(AccountId id) const {
  const std::size_t begin = holders_[value_of(id) - 1].name_end;
  return std::string_view(all_names_).substr(begin, holders_[value_of(id)].name_end - begin);
}

void EntitlementBook::add_account(const Account& account) {
  if (value_of(account.id) != holders_.size()) {
    throw std::logic_error("account ids have a gap before '" + account.name + "'");
  }
  all_names_ += account.name;
  Holder& added = holders_.emplace_back();
  added.main = account.main();
  added.name_end = static_cast<std::uint32_t>(all_names_.size());
  by_name_.insert(account.id);
}

void EntitlementBook::add_pack(const Pack& pack) {
  Service& owner = service(pack.account, pack.product);
  if (value_of(pack.id) >= covers_.size()) covers_.resize(value_of(pack.id) + 1);
  cover(pack.id) = {pack.effective_from, pack.expires_at, pack.quota,
                    owner.first_cover,   pack.is_trial,   false};
  owner.first_cover = value_of(pack.id);
}

void EntitlementBook::take_over(const Changes& changes) {
  if (changes.sequence < sequence_) {
    throw std::logic_error("the ledger went back from " + std::to_string(sequence_) + " to " +
                           std::to_string(changes.sequence) + " under the entitlements");
  }
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
}

void EntitlementBook::confirm(Instant as_of) {
  const std::unique_lock lock(mutex_);
  as_of_ = as_of;
  loaded_ = true;
}

void EntitlementBook::take_over_some(const Changes& changes) {
  for (const Account& account : changes.accounts) add_account(account);
  for (const AccountFact& fact : changes.facts) {
    if (fact.kind == AccountFactKind::closed) holder(fact.account).closed_at = fact.known_at;
  }
  for (const Pack& pack : changes.packs) add_pack(pack);
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
                                       Units& left) const {
  bool has_bought = false;
  for (std::uint32_t place = service.first_cover; place != 0; place = covers_[place].next) {
    const Cover& pack = covers_[place];
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
  const auto name = by_name_.find(account);
  if (name == by_name_.end()) return tl::unexpected(EntitlementFault::unknown_account);
  const auto known = products_.find(product);
  if (known == products_.end()) return tl::unexpected(EntitlementFault::unknown_product);
  const Holder& main = holders_[value_of(holders_[value_of(*name)].main)];
  Units left = 0;
  ServiceState state;
  if (at >= main.closed_at) state = {CoveredBy::none, StopReason::closed_account};
  for (std::uint32_t place = main.first_service; place != 0; place = services_[place].next) {
    const Service& service = services_[place];
    if (service.product == known->second) state = state_at(main, service, at, left);
  }
  return Entitlement{state.is_active(), state.reason, name_of(state.covered_by), left, as_of_};
}

}  // namespace packwarden
