#include "app/readiness.h"

#include <fmt/format.h>

#include <algorithm>

namespace packwarden {
namespace {

double seconds(Span span) {
  return static_cast<double>(span.nanos) / 1e9;
}

}  // namespace

Readiness::Readiness(std::chrono::seconds database_max_age, std::chrono::seconds behind_wait)
    : database_max_age_(database_max_age), behind_wait_(behind_wait) {}

void Readiness::books_are_loaded() {
  const std::lock_guard lock(mutex_);
  books_loaded_ = true;
}

void Readiness::entitlements_are_as_of(Instant as_of) {
  const std::lock_guard lock(mutex_);
  reached_at_ = std::chrono::steady_clock::now();
  as_of_ = as_of;
  database_fault_.clear();
}

void Readiness::database_fails(const std::string& why) {
  const std::lock_guard lock(mutex_);
  database_fault_ = why;
}

void Readiness::spool_works() {
  const std::lock_guard lock(mutex_);
  spool_fault_.clear();
}

void Readiness::spool_fails(const std::string& why) {
  const std::lock_guard lock(mutex_);
  spool_fault_ = why;
}

void Readiness::spool_is_held(bool held) {
  const std::lock_guard lock(mutex_);
  held_ = held;
}

void Readiness::clocks_differ(const std::string& how) {
  const std::lock_guard lock(mutex_);
  clock_fault_ = how;
}

bool Readiness::ledger_is_behind(const std::string& how) {
  const Time at = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  behind_fault_ = how;
  if (!behind_since_) behind_since_ = at;
  return is_behind_for_long(at);
}

void Readiness::ledger_goes_on() {
  const std::lock_guard lock(mutex_);
  behind_since_.reset();
}

bool Readiness::is_behind_for_long(Time at) const {
  return behind_since_ && at - *behind_since_ >= behind_wait_;
}

void Readiness::stopping() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
}

bool Readiness::is_database_away(Time at) const {
  return reached_at_ ? at - *reached_at_ > database_max_age_ : !database_fault_.empty();
}

OperatorPort::Standing Readiness::standing() const {
  const Time at = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  OperatorPort::Standing standing;
  if (stopping_) standing.faults.emplace_back("stopping: the daemon was told to end");
  if (is_database_away(at)) {
    const std::string how_long =
        reached_at_
            ? fmt::format(
                  "not reached for {} s",
                  std::chrono::duration_cast<std::chrono::seconds>(at - *reached_at_).count())
            : "not reached yet";
    standing.faults.push_back(fmt::format(
        "database: {}: {}; nothing is lost, and what is known is answered meanwhile. See that the "
        "server runs and answers, and that section database is right",
        how_long, database_fault_.empty() ? "it does not answer" : database_fault_));
  }
  if (is_loading()) {
    standing.faults.emplace_back(
        "loading: the ledger is read into memory; wait, and see the daemon's log for how far it "
        "is");
  }
  if (!clock_fault_.empty()) standing.faults.push_back("clock: " + clock_fault_);
  if (is_behind_for_long(at)) standing.faults.push_back("ledger: " + behind_fault_);
  if (!spool_fault_.empty()) standing.faults.push_back("spool: " + spool_fault_);
  if (held_) {
    standing.remarks.emplace_back(
        "the spool is held: nothing is claimed until packctl spool release");
  }
  return standing;
}

void Readiness::collect(MetricList& out, Instant now) const {
  const Time at = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  out.gauge("packwarden_not_ready", "1 while the process is not ready for this reason.")
      .add(is_loading(), {{"reason", "loading"}})
      .add(is_database_away(at), {{"reason", "database"}})
      .add(!clock_fault_.empty(), {{"reason", "clock"}})
      .add(is_behind_for_long(at), {{"reason", "ledger"}})
      .add(!spool_fault_.empty(), {{"reason", "spool"}})
      .add(stopping_, {{"reason", "stopping"}});
  out.gauge("packwarden_entitlement_age_seconds", "How old an entitlement answer is now.");
  if (reached_at_) out.add(std::max(0.0, seconds(now - as_of_)));
}

}  // namespace packwarden
