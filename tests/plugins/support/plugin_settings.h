#pragma once

#include <string>
#include <utility>
#include <vector>

#include "settings.h"

namespace pw_plugin {

// Settings as the host would give them.
inline Settings settings_of(const std::vector<std::pair<std::string, std::string>>& pairs) {
  std::vector<pw_setting> settings;
  for (const auto& [key, value] : pairs) {
    settings.push_back({sizeof(pw_setting), key.c_str(), value.c_str()});
  }
  std::vector<const pw_setting*> pointers;
  for (const pw_setting& setting : settings) pointers.push_back(&setting);
  return {pointers.data(), pointers.size()};
}

}  // namespace pw_plugin
