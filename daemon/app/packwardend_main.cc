#include <CLI/CLI.hpp>
#include <iostream>

#include "app/daemon.h"
#include "ctl/command_words.h"
#include "logging/log.h"

namespace packwarden {
namespace {

constexpr int status_refused = 1;
constexpr int status_usage = 2;

LogLevel level_of(const std::string& name) {
  if (name == "critical") return LogLevel::critical;
  if (name == "error") return LogLevel::error;
  if (name == "warning") return LogLevel::warning;
  return name == "debug" ? LogLevel::debug : LogLevel::info;
}

LogOptions log_options(const Settings& settings) {
  LogOptions options;
  options.least_level = level_of(settings.log_level);
  options.lines_max = settings.log_limit.lines;
  options.interval = std::chrono::seconds(settings.log_limit.interval_s);
  return options;
}

}  // namespace

int packwardend_main(int argc, char** argv) {
  CLI::App app("Packwarden: meters usage files and draws them from prepaid packs, exactly once.",
               "packwardend");
  std::string config = "/etc/packwarden/packwarden.yaml";
  bool check_config = false;
  std::string as_of_text;
  std::string channel;
  app.add_option("--config", config, "the settings file")->capture_default_str();
  app.add_flag("--check-config", check_config, "read the settings, print every mistake, and exit");
  auto* once = app.add_subcommand("run-once", "take all that is in the spool, then exit");
  once->add_option("--as-of", as_of_text,
                   "act as at this RFC 3339 instant (needs allow_as_of: true)");
  auto* one_channel = app.add_subcommand("channel", "deliver the notices of one channel");
  one_channel->add_option("name", channel, "as in section channels")->required();
  auto* up = app.add_subcommand("up", "run the daemon and all channels as child processes");
  auto* words = app.add_subcommand("command-words")->group("");
  app.require_subcommand(0, 1);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : status_usage;
  }

  if (*words) {
    std::cout << command_words(app) << "\n";
    return 0;
  }
  if (*one_channel) lower_channel_priority();
  const auto settings = load_settings(config);
  if (!settings) {
    for (const SettingsError& error : settings.error()) {
      if (check_config) {
        std::cerr << to_string(error) << "\n";
      } else {
        log_event(events::settings_refused, "{}", to_string(error));
      }
    }
    return status_refused;
  }
  if (check_config) {
    std::cout << config << ": no mistakes found\n";
    return 0;
  }
  std::optional<Instant> as_of;
  if (!as_of_text.empty()) {
    const auto parsed = parse_rfc3339(as_of_text.data(), as_of_text.data() + as_of_text.size());
    if (!parsed) {
      std::cerr << "--as-of: " << parsed.error() << "\n";
      return status_usage;
    }
    as_of = *parsed;
  }

  LogOptions log = log_options(*settings);
  log.process = *one_channel ? "channel-" + channel : *up ? "up" : "ingest";
  log.channel = channel;
  const Logging logging(log);
  if (*once) return run_once(*settings, as_of);
  if (*one_channel) return run_channel(*settings, channel);
  if (*up) return run_up(*settings, config);
  return run_daemon(*settings);
}

}  // namespace packwarden
