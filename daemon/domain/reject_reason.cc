#include "domain/reject_reason.h"

#include "domain/named.h"

namespace packwarden {
namespace {

constexpr std::array<std::string_view, reject_reason_count> names = {
    "malformed",       "missing_field",  "bad_time",        "bad_quantity",
    "unknown_account", "closed_account", "unknown_product", "unknown_meter",
    "too_old",         "in_future",      "conflict",        "out_of_range",
};

}  // namespace

std::string_view name_of(RejectReason reason) {
  return names[static_cast<std::size_t>(reason)];
}

std::optional<RejectReason> reject_reason_from(std::string_view name) {
  return value_named<RejectReason>(names, name);
}

}  // namespace packwarden
