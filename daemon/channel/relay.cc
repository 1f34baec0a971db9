#include "channel/relay.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>

#include "logging/log.h"

namespace packwarden {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kFailurePauseMin{200};
constexpr milliseconds kFailurePauseMax{5'000};
constexpr milliseconds kCheckInInterval{1'000};

// Tells no other token of all time, also not one of another host.
std::string new_token() {
  std::random_device device;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", device(), device(), device(), device());
}

// Of two limits of which 0 is none.
std::uint32_t stricter(std::uint32_t one, std::uint32_t other) {
  return one == 0 || other == 0 ? std::max(one, other) : std::min(one, other);
}

void pause(const std::stop_token& stop, milliseconds length) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, stop, length, [] { return false; });
}

}  // namespace

Relay::Relay(OutboxStore& store, ChannelBoard& board, Plugin& plugin, ChannelPolicy policy)
    : store_(&store),
      board_(&board),
      plugin_(&plugin),
      policy_(std::move(policy)),
      pacer_(stricter(policy_.rate_max_per_s, plugin.rate_max_per_s()), steady_clock::now()),
      random_(std::random_device()()),
      token_(new_token()) {
  if (policy_.lease_ms < std::uint64_t{policy_.send_timeout_ms} + kLeaseReserveMs) {
    throw std::invalid_argument(
        fmt::format("channel {}: a lease of {} ms does not outlast a send of {} ms with {} ms to "
                    "store its outcome",
                    policy_.channel, policy_.lease_ms, policy_.send_timeout_ms, kLeaseReserveMs));
  }
}

void Relay::run(const std::stop_token& stop, const std::function<void()>& alive) {
  if (const auto reached = plugin_->check(); !reached) {
    log_event(events::provider_unreachable, "channel {}: {}", policy_.channel, reached.error());
    trouble_ = reached.error();
  }
  milliseconds failure_pause = kFailurePauseMin;
  std::optional<steady_clock::time_point> failing_since;
  while (!stop.stop_requested()) {
    if (alive) alive();
    try {
      const std::size_t tried = run_once();
      failure_pause = kFailurePauseMin;
      if (const auto since = std::exchange(failing_since, std::nullopt)) {
        const auto lasted = steady_clock::now() - *since;
        log_event(events::channel_goes_on, "channel {}: goes on after {} s", policy_.channel,
                  std::chrono::duration_cast<std::chrono::seconds>(lasted).count());
      }
      if (tried == 0) pause(stop, idle_pause());
    } catch (const std::exception& error) {
      if (!failing_since) failing_since = steady_clock::now();
      log_event(events::channel_waits,
                "channel {}: {}; nothing is lost, notices wait in the outbox; next try in {} ms",
                policy_.channel, error.what(), failure_pause.count());
      pause(stop, failure_pause);
      failure_pause = std::min(failure_pause * 2, kFailurePauseMax);
    }
  }
  try {
    store_outcomes();
  } catch (const std::exception& error) {
    log_event(events::outcomes_lost,
              "channel {}: {} outcomes are lost and their deliveries unknown: {}", policy_.channel,
              outcomes_.size(), error.what());
  }
}

std::size_t Relay::run_once() {
  store_outcomes();
  const bool recently = checked_in_at_ && steady_clock::now() - *checked_in_at_ < kCheckInInterval;
  if (recently ? paused_ : check_in_now()) return 0;
  release_expired();
  const std::vector<OutboxRow> rows = claim();
  if (!rows.empty()) send(rows);
  return rows.size();
}

bool Relay::check_in_now() {
  if (trouble_told_ != trouble_) {
    board_->set_state(trouble_.empty() ? ChannelState::delivering : ChannelState::failing,
                      trouble_);
    trouble_told_ = trouble_;
  }
  const bool paused = board_->check_in();
  if (paused != paused_) {
    log_event(paused ? events::channel_paused : events::channel_resumed, "channel {}: {}",
              policy_.channel, paused ? "paused by an operator" : "resumed");
  }
  paused_ = paused;
  checked_in_at_ = steady_clock::now();
  return paused_;
}

void Relay::release_expired() {
  if (const auto lost = store_->release_expired(policy_.channel, policy_.on_unknown,
                                                policy_.unknown_attempts_max)) {
    log_event(events::deliveries_abandoned,
              "channel {}: {} deliveries were left in the middle by a sender that is gone; {}",
              policy_.channel, lost,
              policy_.on_unknown == UnknownOutcome::hold
                  ? "they are held: see packctl notice list --state held"
                  : fmt::format("they are sent again, or held after {} attempts",
                                policy_.unknown_attempts_max));
  }
}

std::vector<OutboxRow> Relay::claim() {
  lease_begin_ = steady_clock::now();
  const std::uint32_t batch_max =
      pacer_.allowed(std::min(policy_.batch_max, plugin_->batch_max()), lease_begin_);
  if (batch_max == 0) return {};
  const bool may_hold_rows = std::exchange(token_used_, true);
  ClaimRequest request{policy_.channel, token_, batch_max, policy_.lease_ms, may_hold_rows};
  if (policy_.quiet_for_ms) request.quiet_for_ms = policy_.quiet_for_ms();
  request.recipient_max_per_hour = policy_.recipient_max_per_hour;
  std::vector<OutboxRow> rows = store_->claim(request);
  token_used_ = false;
  pacer_.passed(rows.size());
  return rows;
}

void Relay::send(const std::vector<OutboxRow>& rows) {
  outcomes_token_ = std::exchange(token_, new_token());
  const milliseconds limit(policy_.send_timeout_ms);
  if (steady_clock::now() + limit > lease_begin_ + milliseconds(policy_.lease_ms)) {
    log_event(events::claim_too_slow, "channel {}: the claim took too long; nothing is sent",
              policy_.channel);
    for (const OutboxRow& row : rows) {
      outcomes_.push_back({row.delivery_id, DeliveryState::retrying, "not sent: slow claim", 0});
    }
  } else {
    const std::vector<DeliveryReport> reports = plugin_->deliver(rows, limit);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      note(reports[i]);
      outcomes_.push_back(decide_outcome(rows[i], reports[i], policy_, random_()));
      tell_person(rows[i], outcomes_.back());
    }
  }
  store_outcomes();
}

void Relay::note(const DeliveryReport& report) {
  using Outcome = DeliveryReport::Outcome;
  const bool answered = report.outcome == Outcome::accepted || report.outcome == Outcome::rejected;
  trouble_ = answered ? "" : report.detail.empty() ? "no reason is given" : report.detail;
}

// What is not tried again by itself.
void Relay::tell_person(const OutboxRow& row, const DeliveryOutcome& outcome) const {
  const LogFields about{.account = row.account_name, .notice = row.idempotency_key};
  if (outcome.state == DeliveryState::held) {
    log_event(events::delivery_held, about, "channel {}: delivery {} to '{}' is held: {}",
              policy_.channel, row.delivery_id, row.account_name, outcome.detail);
  } else if (outcome.state == DeliveryState::dead) {
    log_event(events::delivery_dead, about, "channel {}: delivery {} to '{}' is given up: {}",
              policy_.channel, row.delivery_id, row.account_name, outcome.detail);
  }
}

milliseconds Relay::idle_pause() const {
  const milliseconds poll(policy_.poll_interval_ms);
  const milliseconds next = pacer_.until_next();
  return next.count() == 0 ? poll : std::min(poll, next);
}

void Relay::store_outcomes() {
  if (outcomes_.empty()) return;
  const std::uint64_t stored = store_->finish(outcomes_token_, outcomes_);
  if (stored < outcomes_.size()) {
    log_event(
        events::outcomes_not_stored,
        "channel {}: of {} outcomes only {} were stored: the leases had ended, or they were stored "
        "before",
        policy_.channel, outcomes_.size(), stored);
  }
  outcomes_.clear();
}

}  // namespace packwarden
