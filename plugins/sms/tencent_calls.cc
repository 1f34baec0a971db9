#include "tencent_calls.h"

#include <fmt/format.h>

#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "digest.h"
#include "outcome.h"
#include "recipient.h"

namespace sms {
namespace {

using pw_plugin::write_outcome;

constexpr std::size_t kNumbersMax = 200;
constexpr std::size_t kSessionContextBytesMax = 511;

std::string session_context_of(const std::string& key) {
  return key.size() <= kSessionContextBytesMax ? key : pw_plugin::to_hex(pw_plugin::sha256(key));
}

// How often a number stood already among messages of one kind says which of their calls it is in.
using Shared = std::tuple<std::string, std::vector<std::string>, bool>;
using Place = std::pair<Shared, std::size_t>;

}  // namespace

std::vector<TencentCall> tencent_calls(const TencentTemplates& templates,
                                       std::span<const pw_message* const> messages,
                                       std::span<pw_result* const> results) {
  std::vector<TencentCall> calls;
  std::map<Place, std::size_t> open;  // index into calls
  std::map<std::pair<Shared, std::string>, std::size_t> times;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const pw_message& message = *messages[i];
    if (!is_phone_number(message.recipient)) {
      write_outcome({PW_OUTCOME_REJECTED, "the recipient is no number such as +8613711112222"},
                    *results[i]);
      continue;
    }
    const TencentTemplate* text = templates.find(message.kind, message.language);
    if (text == nullptr) {
      write_outcome({PW_OUTCOME_REJECTED,
                     fmt::format("no template: give the channel the setting {}",
                                 TencentTemplates::setting_of(message.kind, message.language))},
                    *results[i]);
      continue;
    }
    TencentParameters parameters = tencent_parameters(*text, message.facts);
    if (!parameters.wrong.empty()) {
      write_outcome({PW_OUTCOME_HOLD, parameters.wrong}, *results[i]);
      continue;
    }
    const std::string number = message.recipient;
    const Shared shared{text->id, parameters.values, number.starts_with("+86")};
    const Place place{shared, times[{shared, number}]++};
    const auto found = open.find(place);
    if (found == open.end() || calls[found->second].numbers.size() == kNumbersMax) {
      open[place] = calls.size();
      calls.push_back({text->id,
                       std::move(parameters.values),
                       {},
                       {},
                       session_context_of(message.idempotency_key)});
    }
    TencentCall& call = calls[open[place]];
    call.numbers.push_back(number);
    call.indices.push_back(i);
  }
  return calls;
}

}  // namespace sms
