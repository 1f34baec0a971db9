#include <algorithm>

#include "rating/rating.h"

namespace packwarden {
namespace {

// Whether the same packs with units left are eligible from `first` to `last`.
bool same_packs_throughout(std::span<const PackState> packs, Instant first, Instant last) {
  const auto between = [&](Instant at) { return first < at && at <= last; };
  return std::none_of(packs.begin(), packs.end(), [&](const PackState& pack) {
    return !pack.frozen && pack.left() > 0 &&
           (between(pack.effective_from) || between(pack.expires_at));
  });
}

// A sum that is not billable.
void keep(AccountId account, const UseSum& sum, std::vector<LedgerEntry>& entries) {
  entries.push_back(
      {account, sum.used_by, sum.meter, sum.day, outcome_of(sum.billable), PackId{}, sum.units});
}

// Draws one sum, all of whose records see the same packs. False where what they leave uncovered is
// not all overage or all overrun.
bool draw(AccountId account, std::span<PackState> packs, const PostpaidTimes& postpaid,
          const UseSum& sum, std::vector<LedgerEntry>& entries) {
  Units wanted = sum.units;
  for (PackState& pack : packs) {
    if (wanted == 0) return true;
    if (!pack.eligible_at(sum.first)) continue;
    const Units taken = std::min(wanted, pack.left());
    if (taken == 0) continue;
    pack.used += taken;
    wanted -= taken;
    entries.push_back({account, sum.used_by, sum.meter, sum.day, Outcome::drawn, pack.id, taken});
  }
  if (wanted == 0) return true;
  if (!postpaid.is_same_throughout(sum.first, sum.last)) return false;
  const bool charged = postpaid.charges(sum.first, sum.day);
  entries.push_back({account, sum.used_by, sum.meter, sum.day,
                     charged ? Outcome::overage : Outcome::overrun, PackId{}, wanted});
  return true;
}

// Whether `units` that overlap in time all come from one pack, or all from none: then their order
// does not matter.
bool order_is_irrelevant(std::span<const PackState> packs, Instant at, Units units) {
  for (const PackState& pack : packs) {
    if (pack.eligible_at(at) && pack.left() > 0) return pack.left() >= units;
  }
  return true;
}

}  // namespace

bool rate_by_sum(AccountId account, std::span<PackState> packs, const PostpaidTimes& postpaid,
                 std::span<UseSum> sums, std::vector<LedgerEntry>& entries) {
  const std::size_t entries_before = entries.size();
  const auto undo = [&] {
    give_back(std::span(entries).subspan(entries_before), packs);
    entries.resize(entries_before);
    return false;
  };
  std::sort(sums.begin(), sums.end(), [](const UseSum& a, const UseSum& b) {
    return std::tie(a.first, a.used_by, a.meter) < std::tie(b.first, b.used_by, b.meter);
  });

  std::size_t begin = 0;
  while (begin < sums.size()) {
    if (sums[begin].billable != Billable::yes) {
      keep(account, sums[begin++], entries);
      continue;
    }
    // A cluster: billable sums that overlap in time, one with the next.
    Instant last = sums[begin].last;
    Units units = sums[begin].units;
    std::size_t end = begin + 1;
    std::size_t members = 1;
    for (; end < sums.size() && sums[end].first <= last; ++end) {
      if (sums[end].billable != Billable::yes) continue;
      last = std::max(last, sums[end].last);
      units += sums[end].units;
      ++members;
    }
    if (!same_packs_throughout(packs, sums[begin].first, last) ||
        (members > 1 && !order_is_irrelevant(packs, sums[begin].first, units))) {
      return undo();
    }
    for (; begin < end; ++begin) {
      const UseSum& sum = sums[begin];
      if (sum.billable == Billable::yes) {
        if (!draw(account, packs, postpaid, sum, entries)) return undo();
      } else {
        keep(account, sum, entries);
      }
    }
  }
  return true;
}

void give_back(std::span<const LedgerEntry> entries, std::span<PackState> packs) {
  for (const LedgerEntry& entry : entries) {
    if (entry.outcome != Outcome::drawn) continue;
    const auto pack = std::find_if(packs.begin(), packs.end(),
                                   [&](const PackState& p) { return p.id == entry.pack; });
    pack->used -= entry.units;
  }
}

}  // namespace packwarden
