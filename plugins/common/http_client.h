#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pw_plugin {

struct HttpOptions {
  std::string ca_file;  // PEM; empty: the system's
  std::uint32_t connect_timeout_ms = 5'000;
  std::uint32_t request_timeout_ms = 10'000;  // for one request, connecting included
  std::size_t answer_bytes_max = 1 << 20;     // of header and body together
  std::size_t concurrency_max = 16;           // requests at a time
  // Whether a request may go out a second time where a kept connection drops: only for providers
  // that know the request again.
  bool may_repeat = false;
  // Whether to connect to private, loopback and link-local addresses (see address_guard.h).
  bool allow_private_addresses = true;
};

struct HttpRequest {
  std::string url;                   // http or https
  std::vector<std::string> headers;  // "Name: value", without line ends
  std::string body;
  bool is_post = false;
  // Requests to one peer share a lane: while slots are short each lane has its turn, and a lane in
  // which nothing is answered any more is left for the next call.
  std::string lane;
};

struct HttpAnswer {
  enum class Kind {
    not_sent,  // surely: it was not begun, or there was no connection or no TLS
    answered,  // completely, with `status`
    unknown    // it may have been read; `status` is set where an answer began
  };
  Kind kind = Kind::not_sent;
  long status = 0;  // 0: none
  std::string body;
  std::string retry_after;            // header, as it came
  std::string error;                  // a sentence, unless answered
  bool is_forbidden_address = false;  // not sent, as the address is not a public one
};

// The seconds that a Retry-After header asks for (a number, or a date as seen at `now`, both in
// seconds since 1970), in milliseconds and at most a day; 0 where it says nothing.
std::uint32_t retry_after_ms_of(const std::string& header, std::int64_t now_s);

// Where a URL goes. Refuses all but http and https, user information, fragments, control
// characters and spaces.
struct HttpTarget {
  bool is_https = false;
  bool is_loopback = false;  // localhost, or an address of this machine's loopback
  std::string lane;          // host and port
  std::string authority;     // host, and port unless it is the scheme's own: the Host header
};
std::optional<HttpTarget> http_target_of(const std::string& url);

// `text` as a part of a query.
std::string url_encoded(std::string_view text);

// When a call that began now and has `deadline_ms` must have its last answer: a little earlier, so
// that it is back in time, and at most a minute from now, so that signatures are still valid.
std::chrono::steady_clock::time_point last_answer_by(std::uint32_t deadline_ms);

// Sends HTTP requests over connections that it keeps open. Follows no redirect and uses no proxy.
// One thread at a time.
class HttpClient {
 public:
  using Clock = std::chrono::steady_clock;

  // Throws std::runtime_error where libcurl cannot be set up.
  explicit HttpClient(HttpOptions options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Sends all, and is back by `deadline` with an answer to each, in their order.
  std::vector<HttpAnswer> send(std::span<const HttpRequest> requests, Clock::time_point deadline);

  // Whether the peer of `url` takes a connection, with TLS if it is https: empty, or why not.
  std::string reach(const std::string& url);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pw_plugin
