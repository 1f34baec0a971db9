#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "app/settings.h"
#include "support/folder.h"
#include "support/places.h"

namespace packwarden::test {

// A folder of its own with the files of one settings test; gone with it.
class SettingsFiles {
 public:
  SettingsFiles() {
    write("catalogue.yaml", small_catalogue);
    std::filesystem::create_directory_symlink(source_dir() + "/config/templates",
                                              path("templates"));
  }

  std::string path(const std::string& name) const { return folder_ / name; }

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
  }

  static constexpr const char* small_catalogue =
      "products:\n"
      "  - name: captcha\n"
      "    meters: [{name: check}]\n"
      "    tiers: [{name: 30k, units: 30000, price: \"300\"}]\n";

 private:
  Folder folder_;
};

// Each error as printed, with the folder of the test taken out.
inline std::vector<std::string> errors_of(const SettingsFiles& files,
                                          const std::string& settings_path) {
  std::vector<std::string> lines;
  const auto settings = load_settings(settings_path);
  if (settings) return lines;
  const std::string folder = files.path("");
  for (const SettingsError& error : settings.error()) {
    std::string line = to_string(error);
    for (auto at = line.find(folder); at != std::string::npos; at = line.find(folder)) {
      line.erase(at, folder.size());
    }
    lines.push_back(line);
  }
  return lines;
}

// An environment variable for the time of a test; a null value unsets it.
class ScopedEnvironment {
 public:
  ScopedEnvironment(const char* name, const char* value) : name_(name) {
    if (const char* before = std::getenv(name)) {
      before_ = before;
      was_set_ = true;
    }

    set(value);
  }
  ~ScopedEnvironment() { set(was_set_ ? before_.c_str() : nullptr); }
  ScopedEnvironment(const ScopedEnvironment&) = delete;
  ScopedEnvironment& operator=(const ScopedEnvironment&) = delete;

 private:
  void set(const char* value) const {
    if (value == nullptr) {
      unsetenv(name_);
    } else {
      setenv(name_, value, 1);
    }
  }

  const char* name_;
  std::string before_;
  bool was_set_ = false;
};

}  // namespace packwarden::test
