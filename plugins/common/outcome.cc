#include "outcome.h"

#include <cstdio>

namespace pw_plugin {

void write_outcome(const Outcome& outcome, pw_result& result) {
  result.outcome = outcome.outcome;
  result.retry_after_ms = outcome.retry_after_ms;
  if (outcome.outcome == PW_OUTCOME_ACCEPTED) {
    write_sentence(outcome.detail, result.provider_id, sizeof result.provider_id);
  } else {
    write_sentence(outcome.detail, result.reason, sizeof result.reason);
  }
}

void write_sentence(std::string_view sentence, char* error, std::size_t size) {
  if (size == 0) return;
  std::snprintf(error, size, "%.*s", static_cast<int>(sentence.size()), sentence.data());
}

}  // namespace pw_plugin
