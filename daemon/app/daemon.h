#pragma once

#include <optional>
#include <string>

#include "app/process.h"
#include "app/settings.h"

namespace packwarden {

// The processes of packwardend. Each returns the exit status: 0 stopped as asked, 1 failed, 3
// database or spool not to be had.
// `config_path`: where the settings come from, for SIGHUP, which reads them anew.
int run_daemon(const Settings& settings, const std::string& config_path, MainThread& main);
int run_once(const Settings& settings, std::optional<Instant> as_of);
// N8: puts this process below the daemon, so that a channel never delays ingest, also while it
// starts again and again. To be called first.
void lower_channel_priority();
int run_channel(const Settings& settings, const std::string& config_path,
                const std::string& channel, MainThread& main);
// The daemon and one process a channel, as children of this one: for a demo or a container. A child
// that ends is started again with growing pauses.
int run_up(const Settings& settings, const std::string& config_path, MainThread& main);

// argv of packwardend: words and exit status (2 for a wrong word).
int packwardend_main(int argc, char** argv);

}  // namespace packwarden
