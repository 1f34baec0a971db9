#pragma once

#include <optional>
#include <string>

#include "notifier_abi.h"

namespace webhook {

// The notice as a CloudEvent 1.0 in JSON; nothing if its facts are no JSON object. Pure.
std::optional<std::string> event_of(const pw_message& message, const std::string& source);

}  // namespace webhook
