#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "domain/ledger_entry.h"
#include "domain/pack.h"
#include "domain/postpaid.h"

namespace packwarden {

// Whether usage may be drawn and charged at all, or why not; where both reasons hold, the meter's
// comes first (S16).
enum class Billable : std::uint8_t {
  yes,
  not_by_meter,        // B2: outside the dates of its meter
  not_by_integration,  // B3: before both integrations of its account
};
// Of what is not billable.
Outcome outcome_of(Billable why_not);

// One accepted record of one account and product, as rating needs it.
struct UseRecord {
  AccountId used_by{};
  MeterId meter{};
  BusinessDay day;
  Billable billable = Billable::yes;
  Instant time;
  Units units = 0;
};

// Accepted records that share all of these, summed.
struct UseSum {
  AccountId used_by{};
  MeterId meter{};
  BusinessDay day;
  Billable billable = Billable::yes;
  Instant first;  // event time of the earliest
  Instant last;   // and of the latest
  Units units = 0;
};

// The rule as a person would write it (B5, P4, P5, P7): record by record in order of event time,
// then of place in `records`; each takes what it needs from the packs that are eligible at its
// event time, in drawdown order; what none covers is overage while postpaid charges, else overrun
// (O5).
// `packs` stand in drawdown order (draws_before) and are all packs of the account and product; what
// is drawn is added to their `used`. Entries come out summed and sorted. Pure.
std::vector<LedgerEntry> rate_by_record(AccountId account, std::span<PackState> packs,
                                        const PostpaidTimes& postpaid,
                                        std::vector<UseRecord> records);

// The same result from sums, wherever it is provably the same; appends to `entries`. False, with
// nothing changed, where only the records themselves can tell: a pack begins or ends between the
// events of a sum, postpaid is switched between those of an uncovered one, or sums that overlap in
// time share a pack's last units. `sums` may be reordered. Pure.
bool rate_by_sum(AccountId account, std::span<PackState> packs, const PostpaidTimes& postpaid,
                 std::span<UseSum> sums, std::vector<LedgerEntry>& entries);

// Takes `entries` back out of `packs`.
void give_back(std::span<const LedgerEntry> entries, std::span<PackState> packs);

}  // namespace packwarden
