#include "sender.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string_view>

#include "answer.h"
#include "endpoint.h"
#include "event.h"
#include "outcome.h"
#include "signature.h"

namespace webhook {
namespace {

using pw_plugin::HttpRequest;

std::int64_t now_s() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

bool fits_header(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

}  // namespace

void Sender::deliver(std::span<const pw_message* const> messages,
                     std::span<pw_result* const> results, std::uint32_t deadline_ms) {
  const auto last_answer = pw_plugin::last_answer_by(deadline_ms);
  std::vector<HttpRequest> requests;
  std::vector<pw_result*> wanted;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const pw_message& message = *messages[i];
    Endpoint endpoint = checked_endpoint(message.recipient, config_.allows_http_loopback);
    auto event = event_of(message, config_.source);
    if (!event) endpoint.wrong = "the facts of the notice are no JSON object";
    if (!fits_header(message.idempotency_key)) endpoint.wrong = "the key fits no header";
    if (!endpoint.wrong.empty()) {
      pw_plugin::write_outcome({PW_OUTCOME_REJECTED, endpoint.wrong}, *results[i]);
      continue;
    }
    requests.push_back(request_of(message, std::move(*event), std::move(endpoint.lane)));
    wanted.push_back(results[i]);
  }
  const auto answers = http_.send(requests, last_answer);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    pw_plugin::write_outcome(sort_answer(answers[i], now_s()), *wanted[i]);
  }
}

HttpRequest Sender::request_of(const pw_message& message, std::string event,
                               std::string lane) const {
  std::vector<std::string> secrets;
  for (const std::string& key : config_.keys) {
    secrets.push_back(account_secret(key, message.account));
  }
  const std::int64_t timestamp_s = now_s();
  const std::string signatures =
      signatures_of(secrets, message.idempotency_key, timestamp_s, event);
  return {message.recipient,
          {"Content-Type: application/cloudevents+json; charset=utf-8",
           fmt::format("webhook-id: {}", message.idempotency_key),
           fmt::format("webhook-timestamp: {}", timestamp_s),
           fmt::format("webhook-signature: {}", signatures)},
          std::move(event),
          true,
          std::move(lane)};
}

}  // namespace webhook
