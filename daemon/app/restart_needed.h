#pragma once

#include <string>
#include <vector>

#include "app/settings.h"

namespace packwarden {

// What of `wanted` cannot take the place of `in_effect` while the process runs: sentences for the
// operator, each with its key; none: all of it can. Pure.
std::vector<std::string> restart_needed(const Settings& in_effect, const Settings& wanted);

// The same for the process of a channel, which both have.
std::vector<std::string> channel_restart_needed(const Settings& in_effect, const Settings& wanted,
                                                const std::string& channel);

// nullptr where there is none of that name.
const ChannelSettings* find_channel(const Settings& settings, const std::string& name);

}  // namespace packwarden
