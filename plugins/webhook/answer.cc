#include "answer.h"

#include <fmt/format.h>

namespace webhook {

using pw_plugin::HttpAnswer;
using pw_plugin::Outcome;

Outcome sort_answer(const HttpAnswer& answer, std::int64_t now_s) {
  if (answer.is_forbidden_address) return {PW_OUTCOME_REJECTED, answer.error};
  if (answer.kind == HttpAnswer::Kind::not_sent) return {PW_OUTCOME_RETRY, answer.error};
  if (answer.status == 0) {
    return {PW_OUTCOME_RETRY, "sent, but not answered: " + answer.error};
  }
  // The status counts also where the rest of the answer did not come.
  const std::string said = fmt::format("HTTP status {}", answer.status);
  if (answer.status >= 200 && answer.status < 300) return {PW_OUTCOME_ACCEPTED, said};
  if (answer.status == 410) {
    return {PW_OUTCOME_REJECTED, "HTTP status 410: the endpoint wants no more"};
  }
  if (answer.status >= 300 && answer.status < 400) {
    return {PW_OUTCOME_RETRY, said + ": redirects are not followed"};
  }
  return {PW_OUTCOME_RETRY, said, pw_plugin::retry_after_ms_of(answer.retry_after, now_s)};
}

}  // namespace webhook
