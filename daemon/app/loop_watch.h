#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace packwarden {

// Knows which loops of this process go round. Each registers, and beats whenever it gets on; who
// looks once a second finds out which stand still. docs/ARCHITECTURE.md, "Life of a process".
//
// A beat is one relaxed increment, so it may be made for each row that is read. Times are those of
// the looks, exact to the interval between them.
class LoopWatch {
  struct Entry;

 public:
  using Clock = std::function<std::chrono::steady_clock::time_point()>;

  // A loop's side: registered until destroyed. All functions are thread-safe and never wait. The
  // watch must outlive it.
  class Loop {
   public:
    Loop(LoopWatch& watch, std::string name);
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    // It got on.
    void beat() noexcept;
    // It got on, and does `step` from now on: a word or two such as "committing"; a literal.
    void step(const char* step) noexcept;
    // It has nothing to do until its next step(), for at most so long.
    void rest(std::chrono::milliseconds at_most) noexcept;

   private:
    LoopWatch* watch_;
    std::shared_ptr<Entry> entry_;
  };

  struct Standstill {
    std::string loop;
    std::string step;
    std::chrono::milliseconds lasts{};
  };

  // A loop that stands still for `told_after` is told of on the log, once each time.
  explicit LoopWatch(
      std::chrono::milliseconds told_after,
      Clock now = [] { return std::chrono::steady_clock::now(); });

  // Once a second, by one thread. True where each loop has beaten, or rested, since look() was last
  // true: the process is alive as a whole.
  bool look();

  // The loops that, as of the last look, stand still for at least so long. Any thread.
  std::vector<Standstill> standing_still(std::chrono::milliseconds at_least) const;

 private:
  struct Entry {
    std::string name;
    std::atomic<std::uint64_t> beats{1};
    std::atomic<const char*> step{"starting"};
    std::atomic<std::int64_t> rests_until_ms{0};  // of the clock; 0: does not rest
    // Of who looks, guarded by mutex_.
    std::uint64_t beats_at_look = 0;
    bool rests_at_look = false;
    std::uint64_t beats_when_alive = 0;
    std::chrono::steady_clock::time_point got_on_at;
    bool told = false;
  };
  void look_at(Entry& entry, std::chrono::steady_clock::time_point at) const;

  std::chrono::milliseconds told_after_;
  Clock now_;
  mutable std::mutex mutex_;
  std::list<std::shared_ptr<Entry>> entries_;
};

// Its beat() and step(), to be handed down to what works for the loop, which must outlive that;
// null for null.
inline std::function<void()> beats_of(LoopWatch::Loop* loop) {
  if (loop == nullptr) return {};
  return [loop] { loop->beat(); };
}
inline std::function<void(const char*)> steps_of(LoopWatch::Loop* loop) {
  if (loop == nullptr) return {};
  return [loop](const char* what) { loop->step(what); };
}

}  // namespace packwarden
