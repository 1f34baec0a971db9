#include "domain/service_state.h"

#include <algorithm>
#include <array>

namespace packwarden {
namespace {

constexpr std::array<std::string_view, 8> reason_names = {"",
                                                          "closed_account",
                                                          "arrears",
                                                          "packs_exhausted",
                                                          "packs_expired",
                                                          "trial_exhausted",
                                                          "trial_expired",
                                                          "never_activated"};
constexpr std::array<std::string_view, 3> cover_names = {"none", "packs", "postpaid"};

template <class Value, std::size_t count>
std::optional<Value> find_name(const std::array<std::string_view, count>& names,
                               std::string_view name) {
  const auto at = std::find(names.begin(), names.end(), name);
  if (at == names.end()) return std::nullopt;
  return static_cast<Value>(at - names.begin());
}

}  // namespace

std::string_view name_of(StopReason reason) {
  return reason_names.at(static_cast<std::size_t>(reason));
}
std::string_view name_of(CoveredBy covered_by) {
  return cover_names.at(static_cast<std::size_t>(covered_by));
}
std::optional<StopReason> stop_reason_from(std::string_view name) {
  return find_name<StopReason>(reason_names, name);
}
std::optional<CoveredBy> covered_by_from(std::string_view name) {
  return find_name<CoveredBy>(cover_names, name);
}

}  // namespace packwarden
