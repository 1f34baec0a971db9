#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "http_client.h"
#include "notifier_abi.h"

namespace webhook {

struct Config {
  std::vector<std::string> keys;  // newest first
  std::string source;             // of the events
  bool allows_http_loopback = false;
  pw_plugin::HttpOptions http;
};

// Posts notices to the endpoints of tenants. One thread at a time.
class Sender {
 public:
  explicit Sender(Config config) : config_(std::move(config)), http_(config_.http) {}

  // Fills in the result of the same index, within deadline_ms.
  void deliver(std::span<const pw_message* const> messages, std::span<pw_result* const> results,
               std::uint32_t deadline_ms);

 private:
  pw_plugin::HttpRequest request_of(const pw_message& message, std::string event,
                                    std::string lane) const;

  Config config_;
  pw_plugin::HttpClient http_;
};

}  // namespace webhook
