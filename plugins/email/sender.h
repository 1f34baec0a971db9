#pragma once

#include <curl/curl.h>

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "config.h"
#include "notifier_abi.h"
#include "transaction.h"

namespace email {

// Sends over at most `connections_max` connections, which stay open between calls. One thread at a
// time.
class Sender {
 public:
  // Throws std::bad_alloc or std::runtime_error.
  explicit Sender(Config config);
  ~Sender();
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  // Fills in the result of each message within `limit`. What it leaves at an exception is unknown.
  void deliver(std::span<const pw_message* const> messages, std::span<pw_result* const> results,
               std::chrono::milliseconds limit);

  // Why the server cannot be reached; empty if it can.
  std::string check();

 private:
  class Call;

  Config config_;
  std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)> connections_;
  std::vector<std::unique_ptr<Transaction>> transactions_;
  bool is_proven_ = false;  // the last connection that was made could log in
};

}  // namespace email
