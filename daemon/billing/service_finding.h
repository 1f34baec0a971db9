#pragma once

#include <optional>

#include "domain/ids.h"
#include "domain/instant.h"
#include "domain/service_state.h"

// Whether a product may be used by an account, what covers it, or why it is stopped (O1 to O3, O10,
// O11): the one place that says it, for the ledger and for the entitlement check. Pure.
namespace packwarden {

// What a service state needs of a pack.
struct PackGlance {
  PackId id{};
  bool is_trial = false;
  bool has_open_refund = false;  // frozen, and not refunded
  bool is_refunded = false;
  Instant effective_from;
  Instant expires_at;
  Units left = 0;
  std::optional<Instant> exhausted_at{};  // when its last unit was taken; none while units are left
};

// And of the account and its postpaid of the product.
struct ServiceFacts {
  std::optional<Instant> closed_at{};
  bool is_in_arrears = false;  // the balance is below zero
  bool is_suspended = false;   // O8: from arrears until the balance is above zero
  bool postpaid_on = false;
  std::optional<Instant> priced_from{};  // S3: postpaid acts from then on; none: never
};

// Finds the state of a product at an instant: takes its packs, in any order, then the facts. No
// allocation.
class ServiceFinding {
 public:
  explicit ServiceFinding(Instant at) : at_(at) {}

  void add(const PackGlance& pack);
  // The first that holds of closed_account, covered by packs, covered by postpaid, arrears (a
  // balance below zero, or postpaid that would act but for its suspension), packs_frozen (a pack
  // that has not ended and has units is frozen by an open refund), packs_exhausted or packs_expired
  // (whichever ended the last bought pack that had units; refunds do not count), the same of the
  // trial, never_activated.
  ServiceState state(const ServiceFacts& facts) const;
  // In all packs that are valid then.
  Units left() const { return left_; }

 private:
  struct Ending {
    Instant at;
    PackId pack{};  // of two at once the later one counts
    bool by_expiry = false;
  };
  std::optional<Ending> ending_of(const PackGlance& pack) const;

  Instant at_;
  Units left_ = 0;
  bool has_frozen_ = false;
  std::optional<Ending> bought_{};  // the last pack to end
  std::optional<Ending> trial_{};
};

}  // namespace packwarden
