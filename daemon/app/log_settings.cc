#include "app/log_settings.h"

#include <chrono>

namespace packwarden {
namespace {

LogLevel level_of(const std::string& name) {
  if (name == "critical") return LogLevel::critical;
  if (name == "error") return LogLevel::error;
  if (name == "warning") return LogLevel::warning;
  return name == "debug" ? LogLevel::debug : LogLevel::info;
}

}  // namespace

LogLevel log_level_of(const Settings& settings) {
  return level_of(settings.log_level);
}

LogOptions log_options(const Settings& settings) {
  LogOptions options;
  options.least_level = log_level_of(settings);
  options.lines_max = settings.log_limit.lines;
  options.interval = std::chrono::seconds(settings.log_limit.interval_s);
  return options;
}

}  // namespace packwarden
