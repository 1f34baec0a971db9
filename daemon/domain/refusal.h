#pragma once

#include <string>

namespace packwarden {

// A rule says no, and nothing was changed.
struct Refusal {
  std::string code;     // for programs, e.g. "unknown_account"; stays the same over versions
  std::string message;  // for people: what is wrong and what to do next
};

}  // namespace packwarden
