#include "app/settings_feed.h"

#include <algorithm>
#include <utility>

namespace packwarden {

SettingsFeed::Reader::Reader(SettingsFeed& feed, std::string loop, Wakeup& wakeup)
    : feed_(&feed), loop_(std::move(loop)), wakeup_(&wakeup) {
  const std::lock_guard lock(feed.mutex_);
  feed.readers_.push_back(this);
}

SettingsFeed::Reader::~Reader() {
  const std::lock_guard lock(feed_->mutex_);
  std::erase(feed_->readers_, this);
  feed_->changed_.notify_all();
}

void SettingsFeed::Reader::take_over(const std::function<void(const Settings&)>& use) {
  std::unique_lock lock(feed_->mutex_);
  const std::shared_ptr<const Settings> settings = std::exchange(waiting_, nullptr);
  if (settings == nullptr) return;
  takes_over_ = true;
  lock.unlock();
  use(*settings);
  lock.lock();
  takes_over_ = false;
  feed_->changed_.notify_all();
}

void SettingsFeed::publish(const std::shared_ptr<const Settings>& settings) {
  const std::lock_guard lock(mutex_);
  for (Reader* const reader : readers_) {
    reader->waiting_ = settings;
    reader->wakeup_->hint();
  }
}

std::vector<std::string> SettingsFeed::wait(std::chrono::milliseconds at_most,
                                            const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  std::vector<std::string> late;
  changed_.wait_for(lock, stop, at_most, [&] {
    late.clear();
    for (const Reader* const reader : readers_) {
      if (reader->waiting_ != nullptr || reader->takes_over_) late.push_back(reader->loop_);
    }
    return late.empty();
  });
  return late;
}

}  // namespace packwarden
