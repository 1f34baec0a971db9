#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "store/session.h"
#include "store/spool_name_rows.h"

namespace packwarden {

// The name of a spool, which one daemon at a time works under (S41): receipts, and who wrote a file
// first, go by it. Leased by the clock of the database and renewed on a thread of its own while
// this lives. Any thread.
class SpoolName {
 public:
  // Takes it; at once where the last holder had the same spool, whose lock the caller has. Throws
  // SpoolUnavailable where another lives under it, and DatabaseError.
  // `seen`: gives the newest ledger transaction that this process knows; from any thread.
  SpoolName(DatabaseAddress address, SpoolNameHolder who, std::function<std::uint64_t()> seen);
  ~SpoolName();  // gives it back, if the database can be told
  SpoolName(const SpoolName&) = delete;
  SpoolName& operator=(const SpoolName&) = delete;

  // Whether it surely is ours: nothing may be claimed else.
  bool is_held() const;
  // Why not, as a sentence; empty: it is held.
  std::string fault() const;
  // Throws LedgerUnavailable.
  void tell_meaning(const std::string& digest);

  // What the thread does now and then: holds the name for longer; where it is another's, waits for
  // it to be free. False: the database could not be asked, and the next try should be soon.
  bool renew();

 private:
  using Time = std::chrono::steady_clock::time_point;
  void run(const std::stop_token& stop);
  void lose(const std::string& holder);
  bool is_held_at(Time at) const { return fence_ && at < held_until_; }

  const SpoolNameHolder who_;
  const std::function<std::uint64_t()> seen_;
  std::mutex session_mutex_;  // of session_; taken before mutex_
  Session session_;
  mutable std::mutex mutex_;
  std::optional<std::uint64_t> fence_;
  Time held_until_;
  std::string other_;   // who has it
  std::string digest_;  // as it was told last
  std::condition_variable_any stopped_;
  std::jthread thread_;
};

}  // namespace packwarden
