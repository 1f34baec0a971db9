#pragma once

#include <string>

namespace webhook {

struct Endpoint {
  std::string wrong;  // why nothing is sent to it; empty if it may be tried
  std::string lane;   // host and port
};

// Checks a tenant's URL: https (or http to this machine's loopback, where that is allowed), at most
// 1024 bytes, without user information, fragment, spaces or control characters. Pure.
Endpoint checked_endpoint(const std::string& url, bool allows_http_loopback);

}  // namespace webhook
