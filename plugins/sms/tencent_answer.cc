#include "tencent_answer.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <map>
#include <optional>

#include "tencent_codes.h"

namespace sms {
namespace {

namespace json = boost::json;
using pw_plugin::HttpAnswer;
using pw_plugin::Outcome;

std::string text_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  const json::string* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? "" : std::string(*text);
}

Outcome outcome_of_code(const std::string& code, const std::string& message) {
  const TencentCode& row = tencent_code(code);
  std::string reason = fmt::format("{}: {}", code, message);
  if (!row.todo.empty()) reason = fmt::format("{}: {}: {}", code, row.todo, message);
  return {row.outcome, reason, row.retry_after_s * 1'000};
}

Outcome outcome_of_status(const json::object& status) {
  const std::string code = text_at(status, "Code");
  if (code.empty()) return {PW_OUTCOME_UNKNOWN, "the answer has no Code for this number"};
  if (code == "Ok") return {PW_OUTCOME_ACCEPTED, text_at(status, "SerialNo")};
  return outcome_of_code(code, text_at(status, "Message"));
}

// The object Response of a JSON answer.
std::optional<json::object> response_of(const std::string& body) {
  boost::system::error_code failed;
  const json::value parsed = json::parse(body, failed);
  const json::object* root = failed ? nullptr : parsed.if_object();
  const json::value* response = root == nullptr ? nullptr : root->if_contains("Response");
  if (response == nullptr || !response->is_object()) return std::nullopt;
  return response->get_object();
}

// An answer that is not Tencent Cloud's: something on the way gave it.
Outcome outcome_of_foreign(long status) {
  if (status == 408 || status == 429) {
    return {PW_OUTCOME_RETRY, fmt::format("HTTP status {}", status)};
  }
  if (status >= 300 && status < 500) {
    return {PW_OUTCOME_HOLD,
            fmt::format("HTTP status {} without an answer of SendSms: check endpoint", status)};
  }
  return {PW_OUTCOME_UNKNOWN, fmt::format("HTTP status {} without an answer of SendSms", status)};
}

std::vector<Outcome> outcomes_of_set(const json::object& response,
                                     std::span<const std::string> numbers) {
  std::map<std::string, std::vector<Outcome>> found;
  const json::value* set = response.if_contains("SendStatusSet");
  if (set != nullptr && set->is_array()) {
    for (const json::value& status : set->get_array()) {
      if (!status.is_object()) continue;
      found[text_at(status.get_object(), "PhoneNumber")].push_back(
          outcome_of_status(status.get_object()));
    }
  }
  std::vector<Outcome> outcomes;
  for (const std::string& number : numbers) {
    const auto& own = found[number];
    if (own.size() == 1) {
      outcomes.push_back(own.front());
    } else {
      outcomes.push_back({PW_OUTCOME_UNKNOWN,
                          fmt::format("the answer has {} entries for this number", own.size())});
    }
  }
  return outcomes;
}

}  // namespace

std::vector<Outcome> sort_tencent_answer(const HttpAnswer& answer,
                                         std::span<const std::string> numbers) {
  const auto all = [&](const Outcome& outcome) {
    return std::vector<Outcome>(numbers.size(), outcome);
  };
  if (answer.kind == HttpAnswer::Kind::not_sent) return all({PW_OUTCOME_RETRY, answer.error});
  if (answer.kind == HttpAnswer::Kind::unknown) {
    return all({PW_OUTCOME_UNKNOWN, "sent, but not answered: " + answer.error});
  }
  const auto response = response_of(answer.body);
  if (!response) return all(outcome_of_foreign(answer.status));
  if (const json::value* error = response->if_contains("Error")) {
    const std::string code = error->is_object() ? text_at(error->get_object(), "Code") : "";
    if (code.empty()) return all({PW_OUTCOME_UNKNOWN, "the answer has an Error without Code"});
    return all(outcome_of_code(code, text_at(error->get_object(), "Message")));
  }
  return outcomes_of_set(*response, numbers);
}

}  // namespace sms
