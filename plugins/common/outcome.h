#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "notifier_abi.h"

namespace pw_plugin {

// What became of a message, before it is written into the host's struct.
struct Outcome {
  pw_outcome outcome = PW_OUTCOME_UNKNOWN;
  std::string detail;  // provider's id of an accepted message, else the reason
  std::uint32_t retry_after_ms = 0;
};

// Writes `outcome` into `result`; texts that are too long are cut.
void write_outcome(const Outcome& outcome, pw_result& result);

// Writes a sentence and its NUL to the `size` bytes at `error`.
void write_sentence(std::string_view sentence, char* error, std::size_t size);

}  // namespace pw_plugin
