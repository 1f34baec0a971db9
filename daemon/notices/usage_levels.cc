#include "notices/usage_levels.h"

namespace packwarden {

namespace {

// Of `quota` units, of which so many are `used`.
std::vector<Notice> tell_levels(AccountId account, ProductId product, PackState& pack, Units quota,
                                Units used, std::span<const int> levels,
                                const NoticePolicy& policy) {
  std::vector<Notice> notices;
  const std::uint32_t told_before = pack.levels_told;
  const auto tell = [&](NoticeKind kind, int level, std::uint32_t bit) {
    // S27: also of a level that was crossed while its kind was off, where a higher one was told.
    if (told_before >= bit || policy.is_off(kind)) return;
    if (!notices.empty()) notices.back().superseded = true;
    notices.push_back({account, product, pack.id, kind, level, false, used});
    pack.levels_told |= bit;
  };
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const bool exceeded = Wide{used} * 100 > Wide{quota} * levels[i];
    if (exceeded) tell(NoticeKind::pack_usage, levels[i], 1U << i);
  }
  if (used >= quota) tell(NoticeKind::pack_used_up, used_up_percent, used_up_told);
  return notices;
}

}  // namespace

std::vector<Notice> tell_usage(AccountId account, ProductId product, PackState& pack,
                               std::span<const int> levels, const NoticePolicy& policy) {
  return tell_levels(account, product, pack, pack.quota, pack.used, levels, policy);
}

std::vector<Notice> tell_stack_usage(AccountId account, ProductId product, PackState& last,
                                     const PackStack& stack, Units drawn,
                                     std::span<const int> levels, const NoticePolicy& policy) {
  return tell_levels(account, product, last, stack.left, drawn, levels, policy);
}

std::uint32_t told_bit(int level_percent, std::span<const int> levels) {
  if (level_percent == used_up_percent) return used_up_told;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    if (levels[i] == level_percent) return 1U << i;
  }
  return 0;
}

}  // namespace packwarden
