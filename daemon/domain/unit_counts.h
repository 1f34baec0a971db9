#pragma once

#include <array>
#include <cstdint>

#include "domain/ids.h"
#include "domain/reject_reason.h"

namespace packwarden {

// What became of the data lines of a rating unit or of a whole file (U7).
struct UnitCounts {
  std::int64_t lines = 0;
  std::int64_t accepted = 0;
  std::int64_t duplicate = 0;
  std::int64_t conflict = 0;
  std::array<std::int64_t, reject_reason_count>
      rejected{};  // by reason; conflicts are counted above alone
  // Of the accepted records, those outside their meter's dates (B2), and of the others those before
  // the integration of their account (B3).
  std::int64_t not_billable_meter = 0;
  std::int64_t not_billable_integration = 0;

  Units accepted_units = 0;
  Units drawn_units = 0;
  Units overage_units = 0;
  Units overrun_units = 0;
  Units not_billable_units = 0;

  std::int64_t rejected_total() const;
  std::int64_t not_billable_total() const { return not_billable_meter + not_billable_integration; }
  // The two equations of U7. A unit for which they do not hold must not be committed.
  bool adds_up() const;
  UnitCounts& operator+=(const UnitCounts& other);

  bool operator==(const UnitCounts&) const = default;
};

}  // namespace packwarden
