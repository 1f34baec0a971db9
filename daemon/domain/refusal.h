#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace packwarden {

// A rule says no, and nothing was changed.
struct Refusal {
  std::string code;     // for programs, e.g. "unknown_account"; stays the same over versions
  std::string message;  // for people: what is wrong and what to do next
};

// What a function that may refuse returns then.
inline tl::unexpected<Refusal> refused(std::string code, std::string message) {
  return tl::unexpected<Refusal>(Refusal{std::move(code), std::move(message)});
}

}  // namespace packwarden
