#include "domain/postpaid.h"

#include <algorithm>
#include <array>

#include "domain/named.h"

namespace packwarden {
namespace {

constexpr std::array<std::string_view, 7> step_names = {
    "on", "off", "failed", "suspended", "at_zero", "below_zero", "resumed"};

}  // namespace

std::string_view name_of(PostpaidStep step) {
  return step_names.at(static_cast<std::size_t>(step));
}

std::optional<PostpaidStep> postpaid_step_from(std::string_view name) {
  return value_named<PostpaidStep>(step_names, name);
}

void Toggle::turn(bool on, Instant at) {
  if (on == is_on()) return;
  turns_.push_back(turns_.empty() ? at : std::max(at, turns_.back()));
}

bool Toggle::is_on_at(Instant at) const {
  return (std::upper_bound(turns_.begin(), turns_.end(), at) - turns_.begin()) % 2 != 0;
}

bool Toggle::is_same_throughout(Instant first, Instant last) const {
  return std::upper_bound(turns_.begin(), turns_.end(), first) ==
         std::upper_bound(turns_.begin(), turns_.end(), last);
}

bool PostpaidTimes::charges(Instant at, BusinessDay day) const {
  return switched != nullptr && priced_from && day >= *priced_from && switched->is_on_at(at) &&
         (suspended == nullptr || !suspended->is_on_at(at));
}

bool PostpaidTimes::is_same_throughout(Instant first, Instant last) const {
  return (switched == nullptr || switched->is_same_throughout(first, last)) &&
         (suspended == nullptr || suspended->is_same_throughout(first, last));
}

}  // namespace packwarden
