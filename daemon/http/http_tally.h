#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "domain/service_state.h"
#include "usecases/entitlement_port.h"

namespace packwarden {

// Counted up by one thread, read by any.
class Tally {
 public:
  void add() { count_.store(get() + 1, std::memory_order_relaxed); }
  std::uint64_t get() const { return count_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> count_ = 0;
};

// What the HTTP port has done since it began. Counted by the server's thread alone, at the cost of
// a few loads and stores a request; read by any.
class HttpTally {
 public:
  static constexpr std::array statuses = {200, 400, 401, 404, 405, 408,
                                          413, 414, 431, 500, 503, 505};

  // An answer to an entitlement check, as the metric names it.
  struct EntitlementAnswer {
    std::string_view status;
    std::string_view reason;
  };
  static constexpr std::array<EntitlementAnswer, 13> entitlement_answers = {{
      {"200", "allowed"},  // from here on by StopReason
      {"200", "closed_account"},
      {"200", "arrears"},
      {"200", "packs_frozen"},
      {"200", "packs_exhausted"},
      {"200", "packs_expired"},
      {"200", "trial_exhausted"},
      {"200", "trial_expired"},
      {"200", "never_activated"},
      {"404", "unknown_account"},  // from here on by EntitlementFault
      {"404", "unknown_product"},
      {"503", "not_ready"},
      {"400", "bad_name"},
  }};

  void answered(int status) {
    for (std::size_t i = 0; i < statuses.size(); ++i) {
      if (statuses[i] == status) return answered_[i].add();
    }
  }
  void answered(StopReason reason) { entitlements_[static_cast<std::size_t>(reason)].add(); }
  void answered(EntitlementFault fault) {
    entitlements_[first_fault + static_cast<std::size_t>(fault)].add();
  }
  void answered_bad_name() { entitlements_.back().add(); }
  void accepted() { accepted_.add(); }
  void connections_are(std::size_t open) { open_.store(open, std::memory_order_relaxed); }

  // By the place in `statuses` or `entitlement_answers`.
  std::uint64_t answers(std::size_t status) const { return answered_[status].get(); }
  std::uint64_t entitlements(std::size_t answer) const { return entitlements_[answer].get(); }
  std::uint64_t connections() const { return accepted_.get(); }
  std::size_t open_connections() const { return open_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::size_t first_fault =
      static_cast<std::size_t>(StopReason::never_activated) + 1;

  std::array<Tally, statuses.size()> answered_;
  std::array<Tally, entitlement_answers.size()> entitlements_;
  Tally accepted_;
  std::atomic<std::size_t> open_ = 0;
};

}  // namespace packwarden
