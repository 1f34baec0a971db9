#include "store/sql_sum.h"

#include <charconv>

#include "domain/held_sum.h"
#include "store/sql_text.h"

namespace packwarden {

std::int64_t to_sum(const std::optional<std::string_view>& value) {
  std::int64_t number = 0;
  const char* const last = value ? value->data() + value->size() : nullptr;
  const auto [end, error] = std::from_chars(value ? value->data() : nullptr, last, number);
  if (error == std::errc::result_out_of_range && end == last) {
    return value->starts_with('-') ? smallest_sum : largest_sum;
  }
  return to_int(value);
}

}  // namespace packwarden
