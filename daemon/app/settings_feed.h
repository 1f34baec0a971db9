#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "app/settings.h"
#include "app/wakeup.h"

namespace packwarden {

// Hands settings that were accepted to the loops of a process. Each takes them over between two
// turns, so that no unit of work sees two of them. Thread-safe.
class SettingsFeed {
 public:
  // A loop's side. The feed and the wakeup must outlive it.
  class Reader {
   public:
    // `wakeup` is hinted when there is something to take.
    Reader(SettingsFeed& feed, std::string loop, Wakeup& wakeup);
    ~Reader();
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    // Calls `use` with what was published since the last call, if anything was. To be called
    // between two turns of the loop; what `use` throws comes out.
    void take_over(const std::function<void(const Settings&)>& use);

   private:
    friend class SettingsFeed;
    SettingsFeed* feed_;
    std::string loop_;
    Wakeup* wakeup_;
    // Guarded by the feed.
    std::shared_ptr<const Settings> waiting_;
    bool takes_over_ = false;
  };

  void publish(const std::shared_ptr<const Settings>& settings);

  // Waits until every loop has taken over what was published, for `at_most` or until the stop.
  // Returns the loops that have not.
  std::vector<std::string> wait(std::chrono::milliseconds at_most, const std::stop_token& stop);

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<Reader*> readers_;
};

}  // namespace packwarden
