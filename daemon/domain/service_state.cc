#include "domain/service_state.h"

#include <algorithm>
#include <array>

#include "domain/named.h"

namespace packwarden {
namespace {

constexpr std::array<std::string_view, 9> reason_names = {"",
                                                          "closed_account",
                                                          "arrears",
                                                          "packs_frozen",
                                                          "packs_exhausted",
                                                          "packs_expired",
                                                          "trial_exhausted",
                                                          "trial_expired",
                                                          "never_activated"};
constexpr std::array<std::string_view, 3> cover_names = {"none", "packs", "postpaid"};

}  // namespace

std::string_view name_of(StopReason reason) {
  return reason_names.at(static_cast<std::size_t>(reason));
}
std::string_view name_of(CoveredBy covered_by) {
  return cover_names.at(static_cast<std::size_t>(covered_by));
}
std::optional<StopReason> stop_reason_from(std::string_view name) {
  return value_named<StopReason>(reason_names, name);
}
std::optional<CoveredBy> covered_by_from(std::string_view name) {
  return value_named<CoveredBy>(cover_names, name);
}

}  // namespace packwarden
