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
  void store_inbox_messages(std::span<const InboxMessage> stored) override {
    if (is_down) throw std::runtime_error("the database is down");
    for (const InboxMessage& message : stored) {
      if (keys.insert(message.idempotency_key).second) messages.push_back(message);
    }
  }

  bool is_down = false;
  std::set<std::string> keys;
  std::vector<InboxMessage> messages;
};

// Keeps the reports of providers in their order.
class FakeReports final : public DeliveryReports {
 public:
  void record(const std::string& idempotency_key, ReportedState state,
              const std::string& detail) override {
    if (is_down) throw std::runtime_error("the database is down");
    reports.push_back({idempotency_key, state, detail});
  }

  struct Report {
    std::string idempotency_key;
    ReportedState state;
    std::string detail;
    bool operator==(const Report&) const = default;
  };
  bool is_down = false;
  std::vector<Report> reports;
};

}  // namespace packwarden
