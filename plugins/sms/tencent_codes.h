#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "notifier_abi.h"

namespace sms {

// What a code of SendSms means for a message. A row without a dot is for its whole family too:
// LimitExceeded for each LimitExceeded.X that has no row of its own.
struct TencentCode {
  std::string_view code;
  pw_outcome outcome;
  std::uint32_t retry_after_s;  // with PW_OUTCOME_RETRY; 0: the host's back-off
  std::string_view todo;        // what a person may do; may be empty
};

// All rows, sorted by code.
std::span<const TencentCode> tencent_codes();

// The row for `code`; one that says PW_OUTCOME_HOLD for codes of which nothing is known.
const TencentCode& tencent_code(std::string_view code);

}  // namespace sms
