#pragma once

#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace packwarden {

// Transactions that are written side by side while the first one holds the ledger sequence, and
// that commit after it one behind the other (docs/decisions/0008). Each has a thread of its own.
// Waits are only for turns: whoever waits has written all, is told at once when its turn will not
// come, and gives up where the first one, or its COMMIT, takes a second longer. Used by one thread.
class PartsBehind {
 public:
  // Called when a part is written: waits until those before it are committed. False: that will not
  // be, and nothing of the part may be committed.
  using Turn = std::function<bool()>;
  // Writes part `i` of `count` and commits it in its turn; gives whether it is committed.
  using Part = std::function<bool(std::size_t i, const Turn& turn)>;

  // Begins all parts. What they refer to must outlive this.
  PartsBehind(std::size_t count, Part part);
  // Parts that are not committed give up.
  ~PartsBehind();
  PartsBehind(const PartsBehind&) = delete;
  PartsBehind& operator=(const PartsBehind&) = delete;

  // Waits until each part is written or has given up; those that are not by then give up.
  void wait_until_written(std::chrono::milliseconds at_most);
  // The first one is committed: now these may, one behind the other. Returns how many did. Throws
  // what a part threw.
  std::size_t commit();

 private:
  static constexpr std::chrono::milliseconds turn_max{1'000};
  enum class State { writing, written, committed, gave_up };
  void run(std::size_t i, const Part& part);
  bool wait_for_turn(std::size_t i);
  // Of all from `i` on that are not committed.
  void give_up_from(std::size_t i);
  void join();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<State> states_;
  bool all_written_ = false;  // by all that have not given up: the first one commits now
  bool may_commit_ = false;   // it is committed
  std::exception_ptr failure_;
  std::vector<std::thread> threads_;
};

}  // namespace packwarden
