#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace packwarden {

// The HTTP port cannot be opened; what() says why and what to do.
struct HttpUnavailable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// What the HTTP port goes by. docs/ENTITLEMENTS.md has the meaning of each limit.
struct HttpOptions {
  std::string listen = "127.0.0.1:8470";  // as parse_listen_address takes it
  std::string tokens_file;
  std::string tls_certificate;  // PEM, chain; empty, as the key: without TLS
  std::string tls_key;          // PEM
  // Whether /metrics is there, and whom it answers.
  enum class Metrics { open, token, off };
  Metrics metrics = Metrics::open;
  std::uint32_t max_connections = 1'000;
  std::uint32_t idle_timeout_ms = 60'000;
  std::uint32_t header_timeout_ms = 10'000;
  std::uint32_t linger_timeout_ms = 1'000;  // for what a client still sends after a refusal
  std::uint32_t stop_timeout_ms = 5'000;
  std::uint32_t tokens_check_interval_ms = 1'000;
};

inline constexpr std::uint32_t max_header_bytes = 8'192;
inline constexpr std::uint32_t max_target_bytes = 2'048;

}  // namespace packwarden
