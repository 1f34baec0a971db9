#include "domain/refund.h"

#include <array>

#include "domain/named.h"

namespace packwarden {
namespace {

constexpr std::array<std::string_view, 5> names{"requested", "approved", "rejected", "ordered",
                                                "completed"};

}  // namespace

std::string_view name_of(RefundStep step) {
  return names[static_cast<std::size_t>(step)];
}

std::optional<RefundStep> refund_step_from(std::string_view name) {
  return value_named<RefundStep>(names, name);
}

}  // namespace packwarden
