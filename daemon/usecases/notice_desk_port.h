#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "domain/instant.h"
#include "domain/refusal.h"

namespace packwarden {

// N6, as they stand in the outbox.
inline constexpr std::array<std::string_view, 8> delivery_states = {
    "queued", "sending", "retrying", "held", "sent", "dead", "discarded", "expired"};

struct DeliveryFilter {
  std::vector<std::uint64_t> ids{};   // these alone; empty: by the rest
  std::vector<std::string> states{};  // empty: all
  std::string channel{};              // empty: all, as for the next
  std::uint32_t account_id = 0;
  std::uint32_t limit = 100;
};

struct DeliveryRow {
  std::uint64_t id = 0;
  std::string idempotency_key;
  std::string channel;
  std::string kind;
  std::string account;
  std::string recipient;  // empty once it was erased (D2)
  std::string state;
  std::uint32_t attempts = 0;
  std::string outcome;   // the provider's id, or the reason
  std::string reported;  // empty, pending, delivered or failed
  std::string report;
  Instant created_at;
  std::optional<Instant> next_attempt_at;
  std::optional<Instant> useful_until;
  std::optional<Instant> ended_at;
  std::optional<Instant> erased_at;
};

struct DeliveryText {
  std::string language;
  std::string subject;
  std::string body;
  std::string html;
  std::string facts;
};

struct ChannelRow {
  std::string name;
  std::string plugin;
  std::string state;  // name_of(ChannelState); empty: its process never ran
  std::string detail;
  std::optional<Instant> since;
  std::optional<std::int64_t> silent_s;  // since its process was last heard of
  std::uint64_t starts = 0;
  std::uint64_t failures = 0;
  bool paused = false;
  // Deliveries now, and those that ended within a day.
  std::int64_t waiting = 0;  // queued or retrying
  std::int64_t sending = 0;
  std::int64_t held = 0;
  std::int64_t sent = 0;
  std::int64_t dead = 0;
  std::int64_t expired = 0;
  bool at_least = false;                   // there may be more of some: not all were counted
  std::optional<std::int64_t> oldest_s{};  // age of the oldest that waits and is due
  std::optional<std::int64_t> held_s{};    // age of the oldest that is held
};

struct TestMessage {
  std::string channel;
  std::string recipient;
  std::string account;
  std::string language;
  std::string subject;
  std::string body;
  std::string html;
};

// Notices after they were written, as operators see and steer them. All may throw
// LedgerUnavailable.
class NoticeDesk {
 public:
  virtual ~NoticeDesk() = default;

  // The last `limit`, newest first.
  virtual std::vector<DeliveryRow> deliveries(const DeliveryFilter& filter) = 0;
  virtual std::optional<DeliveryText> text_of(std::uint64_t id) = 0;
  // Held and dead ones of the filter (its limit does not count) are due again now, with all their
  // attempts, for as long as it takes: a person has said that they are still useful. Texts that
  // were erased stay dead. Returns how many.
  virtual std::uint64_t retry(const DeliveryFilter& filter) = 0;
  // Those that wait, are held or dead end as discarded. Returns how many.
  virtual std::uint64_t discard(const DeliveryFilter& filter, const std::string& reason) = 0;

  // Those that the board knows, or that have deliveries, by name.
  virtual std::vector<ChannelRow> channels() = 0;
  // Returns whether that was news.
  virtual bool set_paused(const std::string& channel, bool paused) = 0;
  // Puts a message of kind `test` into the outbox; returns its delivery.
  virtual std::uint64_t add_test(const TestMessage& message) = 0;
};

}  // namespace packwarden
