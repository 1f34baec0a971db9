#pragma once

#include <chrono>
#include <string>
#include <tl/expected.hpp>

#include "notifier_abi.h"

namespace packwarden {

// For each of load, create, check and destroy.
constexpr std::chrono::milliseconds kSetUpLimit{30'000};

// Loads the library at `path` for ever: it is never unloaded. Returns its description, which lives
// as long as the process, or a sentence that says what is wrong with it: no such file, no entry
// symbol, another version of the interface, a description that is too small or incomplete. What
// runs of it ends the process if it crashes or takes longer than `limit`; `channel` is for that
// line.
tl::expected<const pw_notifier*, std::string> load_notifier(
    const std::string& path, const std::string& channel,
    std::chrono::milliseconds limit = kSetUpLimit);

}  // namespace packwarden
