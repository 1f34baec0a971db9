#pragma once

#include <filesystem>
#include <vector>

#include "app/settings_reader.h"

namespace packwarden {

// Reads the section `notices`, and with it the templates of its folder, into `out`. `channels` are
// complete. What is wrong in the files of the folder is added to `files`, one FileErrors each.
void read_notice_settings(MapReader map, const std::filesystem::path& folder,
                          const std::vector<ChannelSettings>& channels, NoticeSettings& out,
                          std::vector<FileErrors>& files);

}  // namespace packwarden
