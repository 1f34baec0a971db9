#pragma once

#include <iosfwd>

#include "ctl/backend.h"

namespace packwarden {

// Runs one command line. Returns the exit status: 0 done, 1 refused (the rule says no), 2 usage,
// 3 unavailable (database, files). Errors go to `err`, as a sentence or, with --output json, as
// {"error":{"code","message"}}. Throws nothing but std::bad_alloc.
int run_packctl(int argc, char** argv, Backend& backend, std::ostream& out, std::ostream& err);

}  // namespace packwarden
