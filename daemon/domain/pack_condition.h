#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "domain/ids.h"
#include "domain/instant.h"
#include "domain/refund.h"

namespace packwarden {

// How a pack stands at an instant, for people. Only of one that is `usable` can usage of that
// instant draw (P5, B4).
enum class PackCondition : std::uint8_t { usable, used_up, not_yet, expired, frozen, refunded };
std::string_view name_of(PackCondition condition);

// The last of the list above that holds. Pure; thread-safe.
PackCondition condition_of(Units left, Instant effective_from, Instant expires_at,
                           std::optional<RefundStep> last_refund_step, Instant at);

}  // namespace packwarden
