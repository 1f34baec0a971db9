#pragma once

#include <chrono>
#include <optional>
#include <random>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "channel/pacer.h"
#include "channel/plugin_host.h"
#include "channel/retry_policy.h"
#include "usecases/channel_port.h"
#include "usecases/outbox_port.h"

namespace packwarden {

// Moves the deliveries of one channel from the outbox to its plugin: claim, commit, send, store the
// outcome. Any number of relays may serve a channel, in any number of processes. One thread at a
// time.
//
// A delivery reaches the plugin at least once. Killed before the outcome is stored, it stays marked
// as being sent until its lease ends; then it is unknown and goes where the policy says.
class Relay {
 public:
  // None of the three is owned; all outlive the relay. Throws std::invalid_argument where the
  // policy's lease does not outlast a send.
  Relay(OutboxStore& store, ChannelBoard& board, Plugin& plugin, ChannelPolicy policy);

  // Runs until `stop` is requested, which ends waiting at once but lets a begun send end and stores
  // its outcome. A database that does not answer is logged and asked again with growing pauses.
  // `alive` is called between two batches, at least every few seconds while nothing hangs; it may
  // be null, and may request the stop.
  void run(const std::stop_token& stop, const std::function<void()>& alive = {});

  // Whether no delivery may be claimed by this relay, or was sent whose outcome is not stored yet:
  // another one may take its place. A claim whose answer was lost may hold deliveries.
  bool is_between_batches() const { return outcomes_.empty() && !token_used_; }

  // One round: the board is told how the channel fares, then what is left of expired leases is
  // dealt with, then one batch is sent, unless the channel is paused. Returns how many deliveries
  // were sent or tried. What the store throws comes out; outcomes that could not be stored are kept
  // and stored first by the next round.
  std::size_t run_once();

  // What run_once does once a second: tells the board how the channel fares. Returns whether it is
  // paused.
  bool check_in_now();

 private:
  void store_outcomes();
  void release_expired();
  std::vector<OutboxRow> claim();
  void send(const std::vector<OutboxRow>& rows);
  void note(const DeliveryReport& report);
  void tell_person(const OutboxRow& row, const DeliveryOutcome& outcome) const;
  std::chrono::milliseconds idle_pause() const;

  OutboxStore* store_;
  ChannelBoard* board_;
  Plugin* plugin_;
  ChannelPolicy policy_;
  Pacer pacer_;
  std::mt19937_64 random_;
  std::string token_;
  bool token_used_ = false;
  std::string outcomes_token_;
  std::vector<DeliveryOutcome> outcomes_;  // sent, but not yet stored
  std::chrono::steady_clock::time_point lease_begin_;
  std::optional<std::chrono::steady_clock::time_point> checked_in_at_;
  bool paused_ = false;
  std::string trouble_;  // why the last delivery did not get through; empty: it did
  std::optional<std::string> trouble_told_;
};

}  // namespace packwarden
