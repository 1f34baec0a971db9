#pragma once

#include <chrono>
#include <span>

#include "notifier_abi.h"

namespace inbox {

// Stores messages through the host. One thread at a time.
class Sender {
 public:
  // `host` is not owned and outlives this object; it has store_message.
  explicit Sender(const pw_host& host) : host_(&host) {}

  // Stores each message and fills in the result of the same index. What was not begun after `limit`
  // is to be retried.
  void deliver(std::span<const pw_message* const> messages, std::span<pw_result* const> results,
               std::chrono::milliseconds limit) const;

 private:
  void store(const pw_message& message, pw_result& result) const;

  const pw_host* host_;
};

}  // namespace inbox
