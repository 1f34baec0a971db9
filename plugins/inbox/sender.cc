#include "sender.h"

#include <cstdio>

namespace inbox {
namespace {

void retry(pw_result& result, const char* reason) {
  result.outcome = PW_OUTCOME_RETRY;
  std::snprintf(result.reason, sizeof result.reason, "%s", reason);
}

}  // namespace

void Sender::deliver(std::span<const pw_message* const> messages,
                     std::span<pw_result* const> results, std::chrono::milliseconds limit) const {
  const auto end = std::chrono::steady_clock::now() + limit;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (std::chrono::steady_clock::now() < end) {
      store(*messages[i], *results[i]);
    } else {
      retry(*results[i], "the time was over before this message was begun");
    }
  }
}

void Sender::store(const pw_message& message, pw_result& result) const {
  switch (host_->store_message(host_->context, message.idempotency_key, message.account,
                               message.language, message.subject, message.body)) {
    case PW_STORE_OK:
    case PW_STORE_DUPLICATE:  // stored by an earlier attempt whose outcome was lost
      result.outcome = PW_OUTCOME_ACCEPTED;
      return;
    case PW_STORE_ERROR:
      break;
  }
  // A key is stored once, so that trying again is safe even if it was stored after all.
  retry(result, "the host could not store the message");
}

}  // namespace inbox
