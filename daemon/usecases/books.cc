#include "usecases/books.h"

#include <algorithm>
#include <stdexcept>

#include "notices/usage_levels.h"

namespace packwarden {
namespace {

constexpr std::int64_t nanos_a_day = Span::days(1).nanos;

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
  if (!changes.accounts.empty()) {
    directory_ = AccountDirectory::extend(*directory_, std::move(changes.accounts));
  }
  for (Pack& pack : changes.packs) add_pack(std::move(pack));
  for (const RefundStepTaken& taken : changes.refund_steps) {
    state_of(taken.pack).frozen = freezes(taken.step);
  }
  for (const PackDraw& draw : changes.draws) state_of(draw.pack).used += draw.units;
  for (const ToldLevel& told : changes.told) {
    PackState& pack = state_of(told.pack);
    pack.levels_told |= told_bit(told.kind, told.level_percent, levels_of(pack));
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

std::span<PackState> Books::packs_of(AccountId main_account, ProductId product) {
  if (value_of(main_account) >= account_packs_.size()) return {};
  for (ProductPacks& held : account_packs_[value_of(main_account)]) {
    if (held.product == product) return held.packs;
  }
  return {};
}

PackState& Books::state_of(PackId id) {
  const Pack& bought = pack(id);
  for (PackState& state : packs_of(bought.account, bought.product)) {
    if (state.id == id) return state;
  }
  throw std::logic_error("the books hold no state of pack " + std::to_string(value_of(id)));
}

std::uint32_t Books::level_list_index(const std::vector<int>& levels) {
  const auto found = std::find(level_lists_.begin(), level_lists_.end(), levels);
  if (found != level_lists_.end()) return static_cast<std::uint32_t>(found - level_lists_.begin());
  level_lists_.push_back(levels);
  return static_cast<std::uint32_t>(level_lists_.size() - 1);
}

void Books::add_pack(Pack pack) {
  if (value_of(pack.id) != packs_.size() + 1) {
    throw std::logic_error("pack ids have a gap before " + std::to_string(value_of(pack.id)));
  }
  if (value_of(pack.account) >= account_packs_.size())
    account_packs_.resize(value_of(pack.account) + 1);
  auto& products = account_packs_[value_of(pack.account)];
  auto held = std::find_if(products.begin(), products.end(),
                           [&](const ProductPacks& p) { return p.product == pack.product; });
  if (held == products.end()) held = products.insert(products.end(), {pack.product, {}});
  PackState state;
  state.id = pack.id;
  state.priority = pack.priority;
  state.purchased_at = pack.purchased_at;
  state.effective_from = pack.effective_from;
  state.expires_at = pack.expires_at;
  state.quota = pack.quota;
  state.level_list = level_list_index(pack.notice_levels);
  held->packs.insert(std::upper_bound(held->packs.begin(), held->packs.end(), state, draws_before),
                     state);
  packs_.push_back(std::move(pack));
}

}  // namespace packwarden
