#pragma once

#include "app/settings.h"
#include "logging/log.h"

namespace packwarden {

LogLevel log_level_of(const Settings& settings);
LogOptions log_options(const Settings& settings);

}  // namespace packwarden
