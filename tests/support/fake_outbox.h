#pragma once

#include <set>
#include <stdexcept>
#include <vector>

#include "usecases/outbox_port.h"

namespace packwarden {

// An outbox in memory for tests of plugins: it keeps in-site messages by key, and nothing else.
class FakeOutbox final : public OutboxStore {
 public:
  std::vector<OutboxRow> claim(const ClaimRequest&) override { return {}; }
  std::uint64_t finish(const std::string&, std::span<const DeliveryOutcome>) override { return 0; }
  std::uint64_t release_expired(const std::string&, UnknownOutcome, std::uint32_t) override {
    return 0;
  }
  InboxStored store_inbox_message(const InboxMessage& message) override {
    if (is_down) throw std::runtime_error("the database is down");
    if (!keys.insert(message.idempotency_key).second) return InboxStored::duplicate;
    messages.push_back(message);
    return InboxStored::stored;
  }

  bool is_down = false;
  std::set<std::string> keys;
  std::vector<InboxMessage> messages;
};

}  // namespace packwarden
