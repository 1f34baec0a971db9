#include "usecases/parts_behind.h"

#include <algorithm>
#include <utility>

namespace packwarden {

PartsBehind::PartsBehind(std::size_t count, Part part) : states_(count, State::writing) {
  for (std::size_t i = 0; i < count; ++i) {
    threads_.emplace_back([this, i, part] { run(i, part); });
  }
}

PartsBehind::~PartsBehind() {
  give_up_from(0);
  join();
}

void PartsBehind::run(std::size_t i, const Part& part) {
  bool committed = false;
  std::exception_ptr failure;
  try {
    committed = part(i, [this, i] { return wait_for_turn(i); });
  } catch (...) {
    failure = std::current_exception();
  }
  if (!committed) give_up_from(i);
  const std::lock_guard lock(mutex_);
  if (committed) states_[i] = State::committed;
  if (failure && !failure_) failure_ = failure;
  changed_.notify_all();
}

bool PartsBehind::wait_for_turn(std::size_t i) {
  std::unique_lock lock(mutex_);
  if (states_[i] != State::writing) return false;
  states_[i] = State::written;
  changed_.notify_all();
  const auto is_decided = [&] {
    return states_[i] == State::gave_up ||
           (may_commit_ && (i == 0 || states_[i - 1] == State::committed));
  };
  // The first one may wait for a row of ours after all; or it waits for others that are late.
  changed_.wait_for(lock, turn_max, [&] { return all_written_ || is_decided(); });
  if (!all_written_ && !is_decided()) states_[i] = State::gave_up;
  // The answer to the first one's COMMIT may be lost: then it comes back for the sequence, and
  // somebody else may have it who waits for rows of ours.
  if (!changed_.wait_for(lock, turn_max, is_decided)) states_[i] = State::gave_up;
  changed_.notify_all();
  return states_[i] == State::written;
}

void PartsBehind::give_up_from(std::size_t i) {
  const std::lock_guard lock(mutex_);
  for (; i < states_.size(); ++i) {
    if (states_[i] != State::committed) states_[i] = State::gave_up;
  }
  changed_.notify_all();
}

void PartsBehind::wait_until_written(std::chrono::milliseconds at_most) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, at_most, [this] {
    return std::find(states_.begin(), states_.end(), State::writing) == states_.end();
  });
  const auto late = std::find(states_.begin(), states_.end(), State::writing);
  for (auto state = late; state != states_.end(); ++state) *state = State::gave_up;
  all_written_ = true;
  changed_.notify_all();
}

std::size_t PartsBehind::commit() {
  {
    const std::lock_guard lock(mutex_);
    may_commit_ = true;
    changed_.notify_all();
  }
  join();
  if (failure_) std::rethrow_exception(failure_);
  return static_cast<std::size_t>(std::count(states_.begin(), states_.end(), State::committed));
}

void PartsBehind::join() {
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

}  // namespace packwarden
