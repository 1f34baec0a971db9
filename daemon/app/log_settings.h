#pragma once

#include "app/settings.h"
#include "logging/log.h"

namespace packwarden {

LogLevel log_level_of(const Settings& settings);
// `process`: which of ours writes.
LogOptions log_options(const Settings& settings, const std::string& process);

}  // namespace packwarden
