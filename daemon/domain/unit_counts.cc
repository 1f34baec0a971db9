#include "domain/unit_counts.h"

#include <numeric>

#include "domain/held_sum.h"

namespace packwarden {
namespace {

// The units of one file always fit (S2), those of several may not.
void add_units(Units& sum, Units more) {
  sum = held_sum(sum, more);
}

}  // namespace

std::int64_t UnitCounts::rejected_total() const {
  return std::accumulate(rejected.begin(), rejected.end(), std::int64_t{0});
}

bool UnitCounts::adds_up() const {
  return lines == accepted + duplicate + conflict + rejected_total() &&
         accepted_units == drawn_units + overage_units + overrun_units + not_billable_units;
}

UnitCounts& UnitCounts::operator+=(const UnitCounts& other) {
  lines += other.lines;
  accepted += other.accepted;
  duplicate += other.duplicate;
  conflict += other.conflict;
  for (std::size_t i = 0; i < rejected.size(); ++i) rejected[i] += other.rejected[i];
  not_billable_meter += other.not_billable_meter;
  not_billable_integration += other.not_billable_integration;
  add_units(accepted_units, other.accepted_units);
  add_units(drawn_units, other.drawn_units);
  add_units(overage_units, other.overage_units);
  add_units(overrun_units, other.overrun_units);
  add_units(not_billable_units, other.not_billable_units);
  return *this;
}

}  // namespace packwarden
