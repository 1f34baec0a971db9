#pragma once

#include <string_view>

namespace sms {

// Whether `text` is a number as E.164 writes it: + and 6 to 15 ASCII digits, not beginning with 0.
bool is_phone_number(std::string_view text);

}  // namespace sms
