#pragma once

#include <filesystem>
#include <vector>

#include "app/settings_reader.h"

namespace packwarden {

// One item of the list `channels`, which it is added to. Relative paths are taken from `folder`.
void read_channel_settings(MapReader map, const std::filesystem::path& folder,
                           std::vector<ChannelSettings>& channels);

}  // namespace packwarden
