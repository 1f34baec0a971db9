#pragma once

#include <span>

#include "notifier_abi.h"

namespace inbox {

// Stores messages through the host. One thread at a time.
class Sender {
 public:
  // `host` is not owned and outlives this object; it has store_messages.
  explicit Sender(const pw_host& host) : host_(&host) {}

  // Stores all messages at once and fills in the result of the same index.
  void deliver(std::span<const pw_message* const> messages,
               std::span<pw_result* const> results) const;

 private:
  const pw_host* host_;
};

}  // namespace inbox
