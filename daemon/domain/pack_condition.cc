#include "domain/pack_condition.h"

namespace packwarden {

std::string_view name_of(PackCondition condition) {
  switch (condition) {
    case PackCondition::usable:
      return "usable";
    case PackCondition::used_up:
      return "used_up";
    case PackCondition::not_yet:
      return "not_yet";
    case PackCondition::expired:
      return "expired";
    case PackCondition::frozen:
      return "frozen";
    case PackCondition::refunded:
      break;
  }
  return "refunded";
}

PackCondition condition_of(Units left, Instant effective_from, Instant expires_at,
                           std::optional<RefundStep> last_refund_step, Instant at) {
  if (last_refund_step == RefundStep::completed) return PackCondition::refunded;
  if (last_refund_step && freezes(*last_refund_step)) return PackCondition::frozen;
  if (at >= expires_at) return PackCondition::expired;
  if (at < effective_from) return PackCondition::not_yet;
  return left == 0 ? PackCondition::used_up : PackCondition::usable;
}

}  // namespace packwarden
