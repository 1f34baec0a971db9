#include "kannel_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace sms {
namespace {

using pw_plugin::HttpAnswer;
using pw_plugin::Outcome;

struct Row {
  long status;
  std::string_view begins;  // of the body; empty: any
  pw_outcome outcome;
  std::string_view todo;  // what a person may do
};

// The first row that fits counts. Bodies are those of Kannel 1.4's smsbox.
constexpr std::array kRows = {
    Row{202, "0:", PW_OUTCOME_ACCEPTED, ""},     // Accepted for delivery
    Row{202, "3:", PW_OUTCOME_ACCEPTED, ""},     // Queued for later delivery
    Row{202, "Sent.", PW_OUTCOME_ACCEPTED, ""},  // with immediate-sendsms-reply
    Row{400, "Sender missing", PW_OUTCOME_HOLD, "give the setting from"},
    Row{400, "Unknown request", PW_OUTCOME_HOLD, "check url"},
    Row{400, "DLR-", PW_OUTCOME_HOLD, "check dlr_url"},
    Row{400, "", PW_OUTCOME_REJECTED, ""},
    Row{401, "", PW_OUTCOME_HOLD, "check username and password_file"},
    Row{403, "Authorization failed", PW_OUTCOME_HOLD, "check username and password_file"},
    Row{403, "", PW_OUTCOME_REJECTED, ""},  // Not routable. Do not try again.
    Row{404, "", PW_OUTCOME_HOLD, "check url"},
    Row{408, "", PW_OUTCOME_RETRY, ""},
    Row{429, "", PW_OUTCOME_RETRY, ""},
    Row{500, "Sending failed.", PW_OUTCOME_RETRY, ""},  // smsbox has no bearerbox
    Row{503, "", PW_OUTCOME_RETRY, ""},                 // Temporal failure, try again later.
};

Outcome outcome_of_row(const Row& row, const std::string& said) {
  if (row.outcome == PW_OUTCOME_ACCEPTED) return {row.outcome, ""};
  if (row.todo.empty()) return {row.outcome, said};
  return {row.outcome, fmt::format("{}: {}", row.todo, said)};
}

}  // namespace

Outcome sort_kannel_answer(const HttpAnswer& answer) {
  if (answer.kind == HttpAnswer::Kind::not_sent) return {PW_OUTCOME_RETRY, answer.error};
  if (answer.kind == HttpAnswer::Kind::unknown) {
    return {PW_OUTCOME_UNKNOWN, "sent, but not answered: " + answer.error};
  }
  const std::string said = fmt::format("HTTP status {}: {}", answer.status, answer.body);
  const auto row = std::find_if(kRows.begin(), kRows.end(), [&](const Row& candidate) {
    return candidate.status == answer.status && answer.body.starts_with(candidate.begins);
  });
  if (row != kRows.end()) return outcome_of_row(*row, said);
  if (answer.status >= 300 && answer.status < 500) {
    return {PW_OUTCOME_HOLD, "check url: " + said};
  }
  return {PW_OUTCOME_UNKNOWN, said};  // no answer of Kannel's
}

}  // namespace sms
