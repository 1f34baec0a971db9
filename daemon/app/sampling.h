#pragma once

#include <stop_token>

#include "app/settings.h"
#include "app/telemetry.h"

namespace packwarden {

// Each looks at the spool and at this process, or at the ledger, for metrics, every
// metrics.sample_interval_s, until `stop` is requested. What cannot be seen is told to the log,
// once, and makes the sample old.
void sample_spool(const Settings& settings, Telemetry& telemetry, std::stop_token stop);
void sample_ledger(const Settings& settings, Telemetry& telemetry, std::stop_token stop);

}  // namespace packwarden
