#include "usecases/entitlement_book.h"

#include <algorithm>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "billing/price_beginnings.h"
#include "domain/held_sum.h"

namespace packwarden {
namespace {

// So many draws are taken over at a time, that no answer waits for long.
constexpr std::size_t draws_at_a_time = 1'000;

}  // namespace

EntitlementBook::EntitlementBook(const Catalogue& catalogue, const BusinessCalendar& calendar,
                                 std::function<Instant()> now)
    : now_(std::move(now)) {
  change(catalogue, calendar);
}

void EntitlementBook::change(const Catalogue& catalogue, const BusinessCalendar& calendar) {
  const std::unique_lock lock(mutex_);
  products_.clear();
  for (const Product& product : catalogue.products) {
    products_.emplace(product.name, KnownProduct{product.id, priced_from(product, calendar)});
  }
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
  Cover& added = cover(pack.id);
  added.effective_from = pack.effective_from;
  added.expires_at = pack.expires_at;
  added.left = pack.quota;
  added.next = owner.first_cover;
  added.is_trial = pack.is_trial;
  owner.first_cover = value_of(pack.id);
}

PackGlance EntitlementBook::glance_of(PackId id) const {
  const Cover& pack = covers_[value_of(id)];
  PackGlance glance;
  glance.id = id;
  glance.is_trial = pack.is_trial;
  glance.has_open_refund = pack.has_open_refund;
  glance.is_refunded = pack.is_refunded;
  glance.effective_from = pack.effective_from;
  glance.expires_at = pack.expires_at;
  glance.left = pack.left;
  if (pack.exhausted_at != Instant::latest()) glance.exhausted_at = pack.exhausted_at;
  return glance;
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
  std::span<const PackDraw> draws = changes.draws;
  while (!draws.empty()) {
    const auto some = draws.first(std::min(draws.size(), draws_at_a_time));
    draws = draws.subspan(some.size());
    const std::unique_lock lock(mutex_);
    for (const PackDraw& draw : some) take_over(draw);
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
    cover(taken.pack).is_refunded = taken.step == RefundStep::completed;
    cover(taken.pack).has_open_refund = freezes(taken.step) && taken.step != RefundStep::completed;
  }
  for (const PostpaidChange& change : changes.postpaid) take_over(change);
}

void EntitlementBook::take_over(const PostpaidChange& change) {
  const auto balance_is = [&](bool suspended, bool in_arrears) {
    holder(change.account).is_suspended = suspended;
    holder(change.account).is_in_arrears = in_arrears;
  };
  switch (change.step) {
    case PostpaidStep::on:
    case PostpaidStep::off:
      service(change.account, change.product).postpaid_on = change.step == PostpaidStep::on;
      break;
    case PostpaidStep::suspended:
    case PostpaidStep::below_zero:
      balance_is(true, true);
      break;
    case PostpaidStep::at_zero:
      balance_is(true, false);
      break;
    case PostpaidStep::resumed:
      balance_is(false, false);
      break;
    case PostpaidStep::failed:
      break;
  }
}

void EntitlementBook::take_over(const PackDraw& draw) {
  Cover& drawn = cover(draw.pack);
  drawn.left -= draw.units;
  drawn.exhausted_at = draw.exhausted_at.value_or(Instant::latest());
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
  ServiceFinding finding(at);
  ServiceFacts facts;
  if (main.closed_at != Instant::latest()) facts.closed_at = main.closed_at;
  facts.is_in_arrears = main.is_in_arrears;
  facts.is_suspended = main.is_suspended;
  facts.priced_from = known->second.priced_from;
  for (std::uint32_t place = main.first_service; place != 0; place = services_[place].next) {
    const Service& service = services_[place];
    if (service.product != known->second.id) continue;
    facts.postpaid_on = service.postpaid_on;
    for (std::uint32_t pack = service.first_cover; pack != 0; pack = covers_[pack].next) {
      finding.add(glance_of(PackId{pack}));
    }
  }
  const ServiceState state = finding.state(facts);
  return Entitlement{state.is_active(), state.reason, name_of(state.covered_by), finding.left(),
                     as_of_};
}

}  // namespace packwarden
