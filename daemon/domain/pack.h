#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "domain/ids.h"
#include "domain/instant.h"
#include "domain/refund.h"

namespace packwarden {

// N2, scope `stack`: how all packs of an account and product stood right after a purchase.
struct PackStack {
  Units left = 0;  // of those that are neither over nor frozen
  Units used = 0;  // of all

  bool operator==(const PackStack&) const = default;
};

// One tier of the catalogue as one account holds it (field term: grant). Never changes after the
// purchase (C3).
struct Pack {
  PackId id{};
  AccountId account{};  // a main account
  ProductId product{};
  std::string tier;
  bool is_trial = false;
  Units quota = 0;
  MoneyMicros price_micros = 0;
  int priority = 0;  // lower draws first
  Instant purchased_at;
  Instant effective_from;          // the beginning of the second of the purchase (P5)
  Instant expires_at;              // exclusive
  std::vector<int> notice_levels;  // percent, ascending (N2)
  std::vector<int> reminder_days;  // of 24 h before the expiry, descending (N1)
  int refund_window_days = 5;      // of 24 h from the purchase (P8)
  std::optional<PackStack> stack;  // none: scope `pack`
};

// A pack as it stands in the ledger.
struct HeldPack {
  Pack pack;
  Units used = 0;
  std::optional<RefundStep> last_refund_step{};
  std::optional<Instant> exhausted_at{};  // when its last unit was taken; none while units are left

  Units left() const { return pack.quota - used; }
  bool is_frozen() const { return last_refund_step && freezes(*last_refund_step); }
  bool is_refunded() const { return last_refund_step == RefundStep::completed; }
  bool has_open_refund() const { return is_frozen() && !is_refunded(); }
  // P5, B4
  bool is_eligible_at(Instant at) const {
    return !is_frozen() && at >= pack.effective_from && at < pack.expires_at;
  }
};

// What rating and notices need of a pack, with what was drawn from it so far. Small: there is one
// per pack in memory.
struct PackState {
  PackId id{};
  int priority = 0;
  Instant purchased_at;
  Instant effective_from;
  Instant expires_at;
  Units quota = 0;
  Units used = 0;
  std::uint32_t levels_told =
      0;  // bit i: level i of its list was told or superseded; see notices/usage_levels.h
  std::uint32_t level_list = 0;  // which list of levels it keeps from its purchase
  bool frozen = false;           // a refund is requested or done: nothing is drawn (B4)

  Units left() const { return quota - used; }
  // P5, B4
  bool eligible_at(Instant at) const { return !frozen && at >= effective_from && at < expires_at; }
};

// P4: priority, then soonest expiry, then earliest purchase, then id.
inline bool draws_before(const PackState& a, const PackState& b) {
  return std::tie(a.priority, a.expires_at, a.purchased_at, a.id) <
         std::tie(b.priority, b.expires_at, b.purchased_at, b.id);
}

}  // namespace packwarden
