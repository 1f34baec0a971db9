#include "sender.h"

#include <cstdio>

namespace inbox {

void Sender::deliver(std::span<const pw_message* const> messages,
                     std::span<pw_result* const> results) const {
  const bool stored =
      host_->store_messages(host_->context, messages.data(), messages.size()) == PW_STORE_OK;
  for (pw_result* result : results) {
    if (stored) {
      result->outcome = PW_OUTCOME_ACCEPTED;
      continue;
    }
    // A key is stored once, so that trying again is safe even if it was stored after all.
    result->outcome = PW_OUTCOME_RETRY;
    std::snprintf(result->reason, sizeof result->reason, "the host could not store the messages");
  }
}

}  // namespace inbox
