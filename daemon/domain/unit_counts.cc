#include "domain/unit_counts.h"

#include <numeric>

namespace packwarden {

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
  accepted_units += other.accepted_units;
  drawn_units += other.drawn_units;
  overage_units += other.overage_units;
  overrun_units += other.overrun_units;
  not_billable_units += other.not_billable_units;
  return *this;
}

}  // namespace packwarden
