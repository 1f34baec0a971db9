#pragma once

#include <string>
#include <tl/expected.hpp>

#include "notifier_abi.h"

namespace packwarden {

// Loads the library at `path` for ever: it is never unloaded. Returns its description, which lives
// as long as the process, or a sentence that says what is wrong with it: no such file, no entry
// symbol, another version of the interface, a description that is too small or incomplete.
tl::expected<const pw_notifier*, std::string> load_notifier(const std::string& path);

}  // namespace packwarden
