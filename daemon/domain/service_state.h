#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "domain/ids.h"
#include "domain/instant.h"

namespace packwarden {

// O10: why a product is stopped for an account.
enum class StopReason : std::uint8_t {
  none,  // it is active
  closed_account,
  arrears,
  packs_frozen,
  packs_exhausted,
  packs_expired,
  trial_exhausted,
  trial_expired,
  never_activated,
};
enum class CoveredBy : std::uint8_t { none, packs, postpaid };

std::string_view name_of(StopReason reason);
std::string_view name_of(CoveredBy covered_by);
std::optional<StopReason> stop_reason_from(std::string_view name);
std::optional<CoveredBy> covered_by_from(std::string_view name);

// Whether a product may be used by an account, and what pays for it.
struct ServiceState {
  CoveredBy covered_by = CoveredBy::none;
  StopReason reason = StopReason::never_activated;

  bool is_active() const { return reason == StopReason::none; }
  bool operator==(const ServiceState&) const = default;
};

struct ServiceChange {
  AccountId account{};  // a main account
  ProductId product{};
  ServiceState state;
  Instant changed_at;
};

}  // namespace packwarden
