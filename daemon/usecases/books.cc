#include "usecases/books.h"

#include <algorithm>
#include <stdexcept>

#include "domain/whole_second.h"
#include "notices/usage_levels.h"

namespace packwarden {
namespace {

constexpr std::int64_t nanos_a_day = Span::days(1).nanos;

std::uint64_t key_of(AccountId main_account, ProductId product) {
  return std::uint64_t{value_of(main_account)} << 32 | value_of(product);
}

// The place of `value` in `list`, at its end where it is new.
template <class Value>
std::uint32_t index_in(std::vector<Value>& list, const Value& value) {
  const auto found = std::find(list.begin(), list.end(), value);
  const auto index = static_cast<std::uint32_t>(found - list.begin());
  if (found == list.end()) list.push_back(value);
  return index;
}

}  // namespace

std::int32_t utc_day_of(Instant at) {
  const std::int64_t day = at.nanos / nanos_a_day - (at.nanos % nanos_a_day < 0 ? 1 : 0);
  return static_cast<std::int32_t>(day);
}

std::int32_t first_held_day(Instant now, int window_days) {
  // A day may go once its last instant is window_days old; the day in which now - window lies is
  // still needed.
  return utc_day_of(now - Span::days(window_days));
}

Books::Books() : directory_(std::make_shared<AccountDirectory>()) {}

void Books::take_over(Changes changes) {
  if (changes.sequence < sequence_) {
    throw std::logic_error("the ledger went back from " + std::to_string(sequence_) + " to " +
                           std::to_string(changes.sequence) + " under the books");
  }
  const bool has_closing =
      std::any_of(changes.facts.begin(), changes.facts.end(),
                  [](const AccountFact& fact) { return fact.kind == AccountFactKind::closed; });
  if (!changes.accounts.empty() || has_closing) {
    directory_ = AccountDirectory::extend(*directory_, std::move(changes.accounts), changes.facts);
  }
  for (const AccountFact& fact : changes.facts) learn(fact);
  for (const Pack& pack : changes.packs) add_pack(pack);
  for (const RefundStepTaken& taken : changes.refund_steps) {
    state_of(taken.pack).frozen = freezes(taken.step);
  }
  for (const PostpaidChange& change : changes.postpaid) take_over(change);
  for (const PackDraw& draw : changes.draws) state_of(draw.pack).used += draw.units;
  for (const ToldLevel& told : changes.told) {
    PackState& pack = state_of(told.pack);
    pack.levels_told |= told_bit(told.level_percent, levels_of(pack));
  }
  raise_floor(changes.sequence, changes.dedupe_floor);
}

std::size_t Books::raise_floor(Sequence sequence, Instant floor) {
  sequence_ = sequence;
  if (floor <= dedupe_floor_) return 0;
  dedupe_floor_ = floor;
  // The floor stands at the end of the first day that is held.
  return index_.let_go_before(utc_day_of(floor));
}

void Books::take_over(const KeySegment& segment) {
  if (segment.removed) {
    for (const RecordKey& key : segment.keys) index_.erase(key);
    return;
  }
  std::vector<Seen> seen(segment.keys.size());
  index_.insert_all(segment.keys.data(), segment.keys.size(), segment.arrival_day, seen.data());
}

void Books::learn(const AccountFact& fact) {
  const bool client = fact.kind == AccountFactKind::client_integrated;
  if (!client && fact.kind != AccountFactKind::server_integrated) return;
  if (value_of(fact.account) >= integrations_.size()) {
    integrations_.resize(value_of(fact.account) + 1);
  }
  Integration& integration = integrations_[value_of(fact.account)];
  (client ? integration.client_at : integration.server_at) = fact.known_at;
}

std::optional<Books::LastPurchase> Books::last_of_stack(AccountId main_account, ProductId product) {
  const auto found = stacks_.find(key_of(main_account, product));
  if (found == stacks_.end()) return std::nullopt;
  PackState* last = nullptr;
  for (PackState& pack : packs_of(main_account, product)) {
    if (!pack.frozen && (last == nullptr || pack.id > last->id)) last = &pack;
  }
  if (last == nullptr) return std::nullopt;
  const auto stack = std::lower_bound(found->second.begin(), found->second.end(), last->id,
                                      [](const Stack& one, PackId id) { return one.bought < id; });
  if (stack == found->second.end() || stack->bought != last->id) return std::nullopt;
  return LastPurchase{last, stack->after};
}

std::optional<Instant> Books::integrated_from(AccountId main_account) const {
  if (value_of(main_account) >= integrations_.size()) return std::nullopt;
  const Integration& integration = integrations_[value_of(main_account)];
  const Instant both = std::max(integration.client_at, integration.server_at);
  return both == Instant::latest() ? std::nullopt : std::optional(second_of(both));
}

Instant Books::billable_from(AccountId main_account, const Product& product) const {
  if (!product.requires_integration) return Instant::earliest();
  return integrated_from(main_account).value_or(Instant::latest());
}

std::span<PackState> Books::packs_of(AccountId main_account, ProductId product) {
  if (value_of(main_account) >= account_packs_.size()) return {};
  for (ProductPacks& held : account_packs_[value_of(main_account)]) {
    if (held.product == product) return held.packs;
  }
  return {};
}

PostpaidTimes Books::postpaid_of(AccountId main_account, const Product& product) const {
  if (product.postpaid_prices.empty() || value_of(main_account) >= account_packs_.size()) return {};
  for (const ProductPacks& held : account_packs_[value_of(main_account)]) {
    if (held.product != product.id) continue;
    const auto suspension = suspensions_.find(value_of(main_account));
    return {&held.postpaid, suspension == suspensions_.end() ? nullptr : &suspension->second,
            product.postpaid_prices.front().from};
  }
  return {};
}

void Books::set_open_bound(AccountId main_account, std::int64_t bound) {
  const std::size_t at = value_of(main_account);
  if (at >= open_bounds_.size()) open_bounds_.resize(std::max(at + 1, directory_->size() + 1));
  open_bounds_[at] = bound;
}

void Books::raise_open_bound(AccountId main_account, std::int64_t by) {
  std::int64_t bound = 0;
  if (__builtin_add_overflow(open_bound(main_account), by, &bound)) bound = INT64_MAX;
  set_open_bound(main_account, bound);
}

void Books::lower_open_bound(AccountId main_account, std::int64_t by) {
  set_open_bound(main_account, open_bound(main_account) - by);
}

void Books::take_over(const PostpaidChange& change) {
  switch (change.step) {
    case PostpaidStep::on:
    case PostpaidStep::off:
      packs_of_bought(change.account, change.product)
          .postpaid.turn(change.step == PostpaidStep::on, change.changed_at);
      break;
    case PostpaidStep::suspended:
    case PostpaidStep::resumed:
      suspensions_[value_of(change.account)].turn(change.step == PostpaidStep::suspended,
                                                  change.changed_at);
      break;
    case PostpaidStep::failed:
    case PostpaidStep::at_zero:
    case PostpaidStep::below_zero:
      break;
  }
}

PackState& Books::state_of(PackId id) {
  const BoughtPack& bought = packs_[value_of(id) - 1];
  for (PackState& state : packs_of(bought.account, bought.product)) {
    if (state.id == id) return state;
  }
  throw std::logic_error("the books hold no state of pack " + std::to_string(value_of(id)));
}

Books::ProductPacks& Books::packs_of_bought(AccountId main_account, ProductId product) {
  if (value_of(main_account) >= account_packs_.size()) {
    account_packs_.resize(value_of(main_account) + 1);
  }
  auto& products = account_packs_[value_of(main_account)];
  const auto held = std::find_if(products.begin(), products.end(),
                                 [&](const ProductPacks& p) { return p.product == product; });
  if (held != products.end()) return *held;
  products.push_back({product, {}, {}});
  return products.back();
}

void Books::add_pack(const Pack& pack) {
  if (value_of(pack.id) != packs_.size() + 1) {
    throw std::logic_error("pack ids have a gap before " + std::to_string(value_of(pack.id)));
  }
  ProductPacks& held = packs_of_bought(pack.account, pack.product);
  PackState state;
  state.id = pack.id;
  state.priority = pack.priority;
  state.purchased_at = pack.purchased_at;
  state.effective_from = pack.effective_from;
  state.expires_at = pack.expires_at;
  state.quota = pack.quota;
  state.level_list = index_in(level_lists_, pack.notice_levels);
  if (pack.stack) stacks_[key_of(pack.account, pack.product)].push_back({pack.id, *pack.stack});
  held.packs.insert(std::upper_bound(held.packs.begin(), held.packs.end(), state, draws_before),
                    state);
  packs_.push_back({pack.account, pack.product, index_in(tiers_, pack.tier)});
}

}  // namespace packwarden
