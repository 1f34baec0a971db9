#pragma once

#include <string>
#include <string_view>

namespace packwarden {

struct HttpRequest {
  bool is_get = false;
  bool is_head = false;
  std::string_view target;    // into what was read
  std::string authorization;  // empty where there is none
  unsigned authorizations = 0;
  unsigned hosts = 0;
  bool is_http_1_0 = false;
  bool keep_alive = false;
  bool has_body = false;
};

enum class ReadResult {
  whole,
  incomplete,
  malformed,
  other_version,
  target_too_long,
  header_too_large,
};

// Reads the head of the request at the start of `input` into `request`, whose room is used again;
// `used_bytes` is how long it is where it is whole. What lies beyond the limits of http_options.h
// is told without waiting for its end. Never looks at a body: `has_body` says that one is
// announced.
ReadResult read_request(std::string_view input, HttpRequest& request, std::size_t& used_bytes);

}  // namespace packwarden
