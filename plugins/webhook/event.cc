#include "event.h"

#include <boost/json.hpp>

namespace webhook {

namespace json = boost::json;

std::optional<std::string> event_of(const pw_message& message, const std::string& source) {
  boost::system::error_code failed;
  json::value facts = json::parse(message.facts, failed);
  if (failed || !facts.is_object()) return std::nullopt;
  const json::object event{{"specversion", "1.0"},
                           {"id", message.idempotency_key},
                           {"source", source},
                           {"type", std::string("packwarden.notice.") + message.kind},
                           {"time", message.occurred_at},
                           {"subject", message.account},
                           {"datacontenttype", "application/json"},
                           {"data", json::object{{"account", message.account},
                                                 {"language", message.language},
                                                 {"subject", message.subject},
                                                 {"body", message.body},
                                                 {"facts", std::move(facts)}}}};
  return json::serialize(event);
}

}  // namespace webhook
