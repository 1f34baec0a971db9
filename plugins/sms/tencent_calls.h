#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "notifier_abi.h"
#include "tencent_templates.h"

namespace sms {

// One call of SendSms: one text to many numbers.
struct TencentCall {
  std::string template_id;
  std::vector<std::string> parameters;
  std::vector<std::string> numbers;
  std::vector<std::size_t> indices;  // of the messages, as numbers
  std::string session_context;       // key of the first message
};

// Puts messages that may share a call together: same template and parameters, all numbers of
// mainland China or none, no number twice, at most 200. Messages that cannot be sent get their
// result and are in no call. Pure.
std::vector<TencentCall> tencent_calls(const TencentTemplates& templates,
                                       std::span<const pw_message* const> messages,
                                       std::span<pw_result* const> results);

}  // namespace sms
