#include "app/spool_name.h"

#include <fmt/format.h>

#include <utility>

#include "logging/log.h"
#include "store/reaching.h"
#include "usecases/spool_port.h"

namespace packwarden {
namespace {

constexpr std::chrono::seconds lease{spool_name_lease_s};
constexpr std::chrono::seconds renewed_every{spool_name_lease_s / 3};
constexpr std::chrono::milliseconds tried_again_after{500};  // the database comes back any time
constexpr int start_attempts_max = 5;

// Again after a lost connection: what an unanswered COMMIT has taken is ours, as after a restart.
TakenSpoolName take_at_start(Session& session, const SpoolNameHolder& who) {
  for (int attempt = 1;; ++attempt) {
    try {
      if (!session.connected()) session.connect();
      return take_spool_name(session, who, true);
    } catch (const DatabaseError& error) {
      if (!error.is_transient() || attempt >= start_attempts_max) throw;
    }
  }
}

}  // namespace

SpoolName::SpoolName(DatabaseAddress address, SpoolNameHolder who,
                     std::function<std::uint64_t()> seen)
    : who_(std::move(who)), seen_(std::move(seen)), session_(std::move(address)) {
  const Time before = std::chrono::steady_clock::now();
  const TakenSpoolName taken = take_at_start(session_, who_);
  if (!taken.fence) {
    throw SpoolUnavailable(fmt::format(
        "another daemon works under the name '{}' on this database: {}, until {} if it is gone; "
        "give each daemon a spool.name of its own, or stop the other one",
        who_.spool, taken.holder, to_rfc3339(taken.until)));
  }
  fence_ = taken.fence;
  held_until_ = before + lease;
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

SpoolName::~SpoolName() {
  thread_.request_stop();
  thread_.join();
  if (!fence_ || !session_.connected()) return;
  try {
    give_back_spool_name(session_, who_.spool, *fence_);
  } catch (const DatabaseError&) {  // then the lease ends by itself, or with a restart
  }
}

bool SpoolName::is_held() const {
  const std::lock_guard lock(mutex_);
  return is_held_at(std::chrono::steady_clock::now());
}

std::string SpoolName::fault() const {
  const std::lock_guard lock(mutex_);
  if (is_held_at(std::chrono::steady_clock::now())) return "";
  if (fence_) {
    return "the lease of its name could not be renewed: nothing is claimed until the database "
           "answers";
  }
  return fmt::format(
      "{} works under its name '{}': nothing is claimed; give each daemon a spool.name of its own",
      other_, who_.spool);
}

void SpoolName::tell_meaning(const std::string& digest) {
  const std::lock_guard session_lock(session_mutex_);
  std::optional<std::uint64_t> fence;
  {
    const std::lock_guard lock(mutex_);
    fence = fence_;
    digest_ = digest;
  }
  if (!fence) return;  // told once the name is ours again
  reaching(session_,
           [&](Session& session) { write_meaning_digest(session, who_.spool, *fence, digest); });
}

void SpoolName::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  bool is_renewed = true;
  while (!stop.stop_requested()) {
    const std::chrono::milliseconds pause = is_renewed ? renewed_every : tried_again_after;
    stopped_.wait_for(lock, stop, pause, [] { return false; });
    if (stop.stop_requested()) return;
    lock.unlock();
    is_renewed = renew();
    lock.lock();
  }
}

bool SpoolName::renew() {
  const std::lock_guard session_lock(session_mutex_);
  std::optional<std::uint64_t> fence;
  {
    const std::lock_guard lock(mutex_);
    fence = fence_;
  }
  try {
    if (!session_.connected()) session_.connect();
    const Time before = std::chrono::steady_clock::now();
    if (fence && renew_spool_name(session_, who_.spool, *fence, seen_())) {
      const std::lock_guard lock(mutex_);
      held_until_ = before + lease;
      return true;
    }
    const TakenSpoolName taken = take_spool_name(session_, who_, false, seen_());
    if (!taken.fence) {
      lose(taken.holder);
      return true;
    }
    const std::lock_guard lock(mutex_);
    write_meaning_digest(session_, who_.spool, *taken.fence, digest_);
    fence_ = taken.fence;
    held_until_ = before + lease;
    log_event(events::spool_name_back, "the name '{}' of the spool is ours again", who_.spool);
    return true;
  } catch (const DatabaseError& error) {
    // Ingest says that the database is away. Whoever is not sure of the name claims nothing.
    session_.close();
    return false;
  }
}

void SpoolName::lose(const std::string& holder) {
  const std::lock_guard lock(mutex_);
  other_ = holder;
  if (!std::exchange(fence_, std::nullopt)) return;
  log_event(
      events::spool_name_lost,
      "{} has taken over the name '{}' of the spool: nothing is claimed here until it is free; "
      "give each daemon a spool.name of its own",
      holder, who_.spool);
}

}  // namespace packwarden
