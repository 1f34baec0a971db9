#include "app/loop_watch.h"

#include <algorithm>
#include <utility>

#include "logging/log.h"

namespace packwarden {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using TimePoint = std::chrono::steady_clock::time_point;

TimePoint from_ms(std::int64_t ms) {
  return TimePoint(milliseconds(ms));
}

std::int64_t seconds(std::chrono::steady_clock::duration length) {
  return duration_cast<std::chrono::seconds>(length).count();
}

}  // namespace

LoopWatch::Loop::Loop(LoopWatch& watch, std::string name)
    : watch_(&watch), entry_(std::make_shared<Entry>()) {
  entry_->name = std::move(name);
  entry_->got_on_at = watch.now_();
  const std::lock_guard lock(watch.mutex_);
  watch.entries_.push_back(entry_);
}

LoopWatch::Loop::~Loop() {
  const std::lock_guard lock(watch_->mutex_);
  watch_->entries_.remove(entry_);
}

void LoopWatch::Loop::beat() noexcept {
  entry_->beats.fetch_add(1, std::memory_order_relaxed);
}

void LoopWatch::Loop::step(const char* step) noexcept {
  entry_->rests_until_ms.store(0, std::memory_order_relaxed);
  entry_->step.store(step, std::memory_order_relaxed);
  beat();
}

void LoopWatch::Loop::rest(milliseconds at_most) noexcept {
  const auto until = watch_->now_() + at_most;
  entry_->step.store("waking up", std::memory_order_relaxed);
  entry_->rests_until_ms.store(duration_cast<milliseconds>(until.time_since_epoch()).count(),
                               std::memory_order_relaxed);
  beat();
}

LoopWatch::LoopWatch(milliseconds told_after, Clock now)
    : told_after_(told_after), now_(std::move(now)) {}

void LoopWatch::look_at(Entry& entry, TimePoint at) const {
  const TimePoint rests_until = from_ms(entry.rests_until_ms.load(std::memory_order_relaxed));
  const auto beats_before = std::exchange(entry.beats_at_look, entry.beats.load());
  entry.rests_at_look = at < rests_until;
  const TimePoint stood_since = entry.got_on_at;
  const bool got_on = entry.rests_at_look || entry.beats_at_look != beats_before;
  entry.got_on_at = got_on ? at : std::max(stood_since, rests_until);
  const auto lasts = at - entry.got_on_at;
  if (lasts >= told_after_ && !entry.told) {
    log_event(events::loop_stands_still,
              "{} stands still for {} s at '{}'; if it goes on, the watchdog ends the process",
              entry.name, seconds(lasts), entry.step.load(std::memory_order_relaxed));
    entry.told = true;
  } else if (got_on && entry.told) {
    log_event(events::loop_goes_on, "{} goes on; it stood still for {} s", entry.name,
              seconds(at - stood_since));
    entry.told = false;
  }
}

bool LoopWatch::look() {
  const TimePoint at = now_();
  const std::lock_guard lock(mutex_);
  bool all_alive = true;
  for (const auto& entry : entries_) {
    look_at(*entry, at);
    if (!entry->rests_at_look && entry->beats_at_look == entry->beats_when_alive) all_alive = false;
  }
  if (all_alive) {
    for (const auto& entry : entries_) entry->beats_when_alive = entry->beats_at_look;
  }
  return all_alive;
}

std::vector<LoopWatch::Standstill> LoopWatch::standing_still(milliseconds at_least) const {
  std::vector<Standstill> found;
  const TimePoint at = now_();
  const std::lock_guard lock(mutex_);
  for (const auto& entry : entries_) {
    const auto lasts = duration_cast<milliseconds>(at - entry->got_on_at);
    if (lasts < at_least) continue;
    found.push_back({entry->name, entry->step.load(std::memory_order_relaxed), lasts});
  }
  return found;
}

}  // namespace packwarden
