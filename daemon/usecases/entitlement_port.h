#pragma once

#include <string_view>
#include <tl/expected.hpp>

#include "domain/ids.h"
#include "domain/instant.h"
#include "domain/service_state.h"

namespace packwarden {

// Whether a product may be used by an account (O9, O10).
struct Entitlement {
  bool allowed = false;
  StopReason stop_reason = StopReason::none;  // none when allowed
  std::string_view covered_by;                // "packs" | "postpaid" | "none"; static storage
  Units left_units = 0;                       // in all packs that are valid then
  Instant as_of;                              // when this was true
};

enum class EntitlementFault {
  unknown_account,
  unknown_product,
  not_ready,  // the ledger is not loaded yet
};

class Entitlements {
 public:
  virtual ~Entitlements() = default;

  // Thread-safe, never blocks, no allocation on the hit path.
  virtual tl::expected<Entitlement, EntitlementFault> check(std::string_view account,
                                                            std::string_view product) const = 0;
};

}  // namespace packwarden
