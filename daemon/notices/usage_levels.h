#pragma once

#include <span>
#include <vector>

#include "domain/notice.h"
#include "domain/pack.h"
#include "notices/notice_policy.h"

namespace packwarden {

inline constexpr int used_up_percent = 100;  // above each level

// Bit of PackState::levels_told for being used up; level i of the pack's list has bit i (at most 31
// levels).
inline constexpr std::uint32_t used_up_told = 1U << 31;
inline constexpr std::size_t max_notice_levels = 31;

// N2, scope `pack`: the notices that a rating unit causes that drew from `pack`: one for each level
// of `levels` (percent, ascending) that `used` now exceeds strictly, where neither it nor a higher
// one was ever told, and one for being used up, which counts as the highest. All but the highest
// are superseded. Marks them as told in `pack`. A kind that is off tells nothing, supersedes
// nothing and is not marked: once it is on again, what then holds is told at the next drawdown
// (S27). Pure.
std::vector<Notice> tell_usage(AccountId account, ProductId product, PackState& pack,
                               std::span<const int> levels, const NoticePolicy& policy);

// The same with scope `stack`: of all that was left right after `last` was bought, so much of it
// was `drawn` since. The notices are of `last`, and marked in it.
std::vector<Notice> tell_stack_usage(AccountId account, ProductId product, PackState& last,
                                     const PackStack& stack, Units drawn,
                                     std::span<const int> levels, const NoticePolicy& policy);

// The bit that stands for a level of this pack, 100 for being used up; 0 if its list has no such
// level.
std::uint32_t told_bit(int level_percent, std::span<const int> levels);

}  // namespace packwarden
