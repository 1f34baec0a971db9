#pragma once

#include <span>
#include <string>
#include <vector>

#include "http_client.h"
#include "outcome.h"

namespace sms {

// What an answer of SendSms says about each of `numbers`, in their order. Pure.
std::vector<pw_plugin::Outcome> sort_tencent_answer(const pw_plugin::HttpAnswer& answer,
                                                    std::span<const std::string> numbers);

}  // namespace sms
