#pragma once

#include <iosfwd>
#include <stdexcept>
#include <string>
#include <vector>

#include "ctl/backend.h"
#include "domain/instant.h"

namespace packwarden {

// Runs one command line. Returns the exit status: 0 done, 1 refused (the rule says no), 2 usage,
// 3 unavailable (database, files). Errors go to `err`, as a sentence or, with --output json, as
// {"error":{"code","message"}}. Throws nothing but std::bad_alloc.
int run_packctl(int argc, char** argv, Backend& backend, std::ostream& out, std::ostream& err);

class Desk;

// What one line of a history came to: done, or refused with a code.
struct LineAnswer {
  int status = 0;
  std::string code{};
};

// Ends a command with an exit status other than that of a refusal.
struct LineFailed : std::runtime_error {
  LineFailed(int exit_status, std::string why_code, const std::string& message)
      : std::runtime_error(message), status(exit_status), code(std::move(why_code)) {}
  int status;
  std::string code;
};

// One command as at `at`, on the settings and the context of `desk`; what it prints is dropped. It
// knows no --config, --output and --as-of. Throws LineFailed where it is neither done nor refused.
LineAnswer run_words(Desk& desk, const std::vector<std::string>& words, Instant at);

}  // namespace packwarden
