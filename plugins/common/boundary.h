#pragma once

#include <cstddef>
#include <exception>
#include <new>

#include "notifier_abi.h"
#include "outcome.h"

namespace pw_plugin {

// Runs `act`, which returns a pw_status, and lets no exception out: that is PW_ERROR, with its text
// in `error`.
template <typename Act>
int guarded(char* error, std::size_t error_size, Act&& act) noexcept {
  try {
    return act();
  } catch (const std::exception& exception) {
    write_sentence(exception.what(), error, error_size);
  } catch (...) {
    write_sentence("the plugin failed", error, error_size);
  }
  return PW_ERROR;
}

// Runs `act`, which delivers. Where it throws, something may have been sent: what has no result yet
// stays unknown.
template <typename Act>
int guarded_delivery(pw_result* const* results, std::size_t count, Act&& act) noexcept {
  const char* reason = "the plugin failed";
  try {
    act();
    return PW_OK;
  } catch (const std::bad_alloc&) {
    reason = "the plugin is out of memory";
  } catch (...) {
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (results[i]->outcome == PW_OUTCOME_UNKNOWN) {
      write_sentence(reason, results[i]->reason, sizeof results[i]->reason);
    }
  }
  return PW_OK;
}

}  // namespace pw_plugin
