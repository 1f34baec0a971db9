#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>

#include "store/session.h"

namespace packwarden {

// Says on the log who holds the ledger while somebody of this process waits for it for long. The
// holder writes its name into the locked row, and a connection of its own reads it there although
// it is not committed. One for all connections of a process to a database. Any thread.
class LedgerWaits {
 public:
  // `said_after`: a wait is told once it takes longer. `say`: where; empty: on the log. Called on a
  // thread of its own.
  explicit LedgerWaits(DatabaseAddress address,
                       std::chrono::milliseconds said_after = std::chrono::seconds(2),
                       std::function<void(const std::string&)> say = {});
  LedgerWaits(const LedgerWaits&) = delete;
  LedgerWaits& operator=(const LedgerWaits&) = delete;

  // While it lives, a transaction of this kind waits.
  class Wait {
   public:
    Wait(LedgerWaits* waits, const char* kind);  // null: nobody says anything
    ~Wait();
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;

   private:
    struct Open;
    friend class LedgerWaits;
    LedgerWaits* waits_;
    std::list<Open>::iterator at_;
  };

 private:
  using Time = std::chrono::steady_clock::time_point;
  void run(const std::stop_token& stop);
  std::string holder();

  const std::chrono::milliseconds said_after_;
  const std::function<void(const std::string&)> say_;
  std::mutex mutex_;
  std::list<Wait::Open> open_;
  Session session_;  // of the thread alone
  std::condition_variable_any stopped_;
  std::jthread thread_;  // from the first wait on
};

struct LedgerWaits::Wait::Open {
  const char* kind;
  Time since;
  bool said = false;
};

}  // namespace packwarden
