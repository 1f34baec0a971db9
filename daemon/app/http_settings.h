#pragma once

#include <filesystem>

#include "app/settings_reader.h"
#include "http/http_options.h"

namespace packwarden {

// The section `http`. Relative paths are taken from `folder`. Refuses a listen address beyond
// loopback without TLS.
void read_http_settings(MapReader map, const std::filesystem::path& folder, HttpSettings& out);

// For the server; only where the settings have it on.
HttpOptions http_options(const HttpSettings& settings);

}  // namespace packwarden
