#pragma once

#include <random>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "channel/plugin_host.h"
#include "channel/retry_policy.h"
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
  // Neither `store` nor `plugin` is owned; both outlive the relay. Throws std::invalid_argument
  // where the policy's lease does not outlast a send.
  Relay(OutboxStore& store, Plugin& plugin, ChannelPolicy policy);

  // Runs until `stop` is requested, which ends waiting at once but lets a begun send end and stores
  // its outcome. A database that does not answer is logged and asked again with growing pauses.
  void run(const std::stop_token& stop);

  // One round: what is left of expired leases, then one batch. Returns how many deliveries were
  // sent or tried. What the store throws comes out; outcomes that could not be stored are kept and
  // stored first by the next round.
  std::size_t run_once();

 private:
  void store_outcomes();

  OutboxStore* store_;
  Plugin* plugin_;
  ChannelPolicy policy_;
  std::mt19937_64 random_;
  std::string token_;
  bool token_used_ = false;
  std::string outcomes_token_;
  std::vector<DeliveryOutcome> outcomes_;  // sent, but not yet stored
};

}  // namespace packwarden
