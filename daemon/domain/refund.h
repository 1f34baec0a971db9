#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/ids.h"
#include "domain/instant.h"

namespace packwarden {

// P8
enum class RefundStep : std::uint8_t { requested, approved, rejected, ordered, completed };
std::string_view name_of(RefundStep step);
std::optional<RefundStep> refund_step_from(std::string_view name);

// A step that was taken with a pack; the last one says how it stands.
struct RefundStepTaken {
  PackId pack{};
  RefundStep step = RefundStep::requested;
  Instant taken_at;
  std::string reason;  // of a rejection
};

// B4: nothing is drawn from a pack while its last step is one of these.
inline bool freezes(RefundStep last) {
  return last != RefundStep::rejected;
}

}  // namespace packwarden
