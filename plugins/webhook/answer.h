#pragma once

#include <cstdint>

#include "http_client.h"
#include "outcome.h"

namespace webhook {

// What an endpoint's answer says about a notice; `now_s` (since 1970) is for Retry-After. Where it
// is not known whether the endpoint has the notice it is sent again, as webhook-id stays the same.
// Pure.
pw_plugin::Outcome sort_answer(const pw_plugin::HttpAnswer& answer, std::int64_t now_s);

}  // namespace webhook
