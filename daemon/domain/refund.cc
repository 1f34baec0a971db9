#include "domain/refund.h"

#include <array>

namespace packwarden {
namespace {

constexpr std::array<std::string_view, 5> names{"requested", "approved", "rejected", "ordered",
                                                "completed"};

}  // namespace

std::string_view name_of(RefundStep step) {
  return names[static_cast<std::size_t>(step)];
}

std::optional<RefundStep> refund_step_from(std::string_view name) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<RefundStep>(i);
  }
  return std::nullopt;
}

}  // namespace packwarden
