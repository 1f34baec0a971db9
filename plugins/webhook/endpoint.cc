#include "endpoint.h"

#include "http_client.h"

namespace webhook {

Endpoint checked_endpoint(const std::string& url, bool allows_http_loopback) {
  constexpr std::size_t kUrlBytesMax = 1'024;
  if (url.size() > kUrlBytesMax) return {"the endpoint has over 1024 bytes", ""};
  const auto target = pw_plugin::http_target_of(url);
  if (!target) {
    return {"the endpoint is no plain URL such as https://example.com/hook", ""};
  }
  if (target->is_https || (target->is_loopback && allows_http_loopback)) return {"", target->lane};
  return {"the endpoint does not begin with https://", ""};
}

}  // namespace webhook
