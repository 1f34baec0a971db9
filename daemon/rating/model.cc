#include <algorithm>
#include <map>
#include <tuple>

#include "rating/rating.h"

namespace packwarden {

Outcome outcome_of(Billable why_not) {
  return why_not == Billable::not_by_meter ? Outcome::not_billable_meter
                                           : Outcome::not_billable_integration;
}

std::vector<LedgerEntry> rate_by_record(AccountId account, std::span<PackState> packs,
                                        const PostpaidTimes& postpaid,
                                        std::vector<UseRecord> records) {
  using Key = std::tuple<AccountId, MeterId, BusinessDay, Outcome, PackId>;
  std::map<Key, Units> sums;

  std::stable_sort(records.begin(), records.end(),
                   [](const UseRecord& a, const UseRecord& b) { return a.time < b.time; });
  for (const UseRecord& record : records) {
    const auto add = [&](Outcome outcome, PackId pack, Units units) {
      sums[{record.used_by, record.meter, record.day, outcome, pack}] += units;
    };
    if (record.billable != Billable::yes) {
      add(outcome_of(record.billable), PackId{}, record.units);
      continue;
    }
    Units wanted = record.units;
    for (PackState& pack : packs) {
      if (wanted == 0) break;
      if (!pack.eligible_at(record.time)) continue;
      const Units taken = std::min(wanted, pack.left());
      if (taken == 0) continue;
      pack.used += taken;
      wanted -= taken;
      add(Outcome::drawn, pack.id, taken);
    }
    if (wanted == 0) continue;
    const bool charged = postpaid.charges(record.time, record.day);
    add(charged ? Outcome::overage : Outcome::overrun, PackId{}, wanted);
  }

  std::vector<LedgerEntry> entries;
  entries.reserve(sums.size());
  for (const auto& [key, units] : sums) {
    const auto& [used_by, meter, day, outcome, pack] = key;
    entries.push_back({account, used_by, meter, day, outcome, pack, units});
  }
  return entries;
}

}  // namespace packwarden
