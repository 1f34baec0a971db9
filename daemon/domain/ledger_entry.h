#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

#include "domain/business_day.h"
#include "domain/ids.h"

namespace packwarden {

// What covered a piece of usage. The numbers stand in ledger_entry.outcome.
enum class Outcome : std::uint8_t {
  drawn = 1,                     // from a pack
  overage = 2,                   // no pack, postpaid charges
  overrun = 3,                   // no pack, nothing charges: kept, never charged
  not_billable_meter = 4,        // B2: the meter is outside its dates
  not_billable_integration = 5,  // B3: before both integrations of the account
};
std::string_view name_of(Outcome outcome);

// Units that one account or sub-account used of one meter on one business day, and what covered
// them.
struct LedgerEntry {
  AccountId account{};  // the main account that owns the pack
  AccountId used_by{};  // the sub-account, or the account itself
  MeterId meter{};
  BusinessDay day;
  Outcome outcome = Outcome::overrun;
  PackId pack{};  // 0 unless drawn
  Units units = 0;

  auto operator<=>(const LedgerEntry&) const = default;
};

}  // namespace packwarden
