#pragma once

#include "http_client.h"
#include "settings.h"

namespace sms {

// The settings of both providers: ca_file, connect_timeout_ms, request_timeout_ms, concurrency_max.
pw_plugin::HttpOptions read_http_options(pw_plugin::Settings& settings);

}  // namespace sms
