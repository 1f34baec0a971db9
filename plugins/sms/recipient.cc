#include "recipient.h"

#include <algorithm>

namespace sms {

bool is_phone_number(std::string_view text) {
  constexpr std::size_t kDigitsMin = 6;
  constexpr std::size_t kDigitsMax = 15;
  if (!text.starts_with('+')) return false;
  const std::string_view digits = text.substr(1);
  return digits.size() >= kDigitsMin && digits.size() <= kDigitsMax && digits.front() != '0' &&
         std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace sms
