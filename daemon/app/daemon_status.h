#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "domain/instant.h"
#include "usecases/ledger_port.h"

namespace packwarden {

// How the daemon fares, as its loops say it, in one line for `systemctl status`. Any thread.
class DaemonStatus {
 public:
  // While the books are loaded: what was taken over so far.
  void loading(std::uint64_t rows, std::uint64_t keys);
  void loaded(Sequence sequence);

  // Ingest: a round was done, in which so many records were accepted, or there was nothing to do.
  void took(Sequence sequence, std::int64_t records);
  void idle(Sequence sequence);
  // Why nothing is claimed; empty: files are claimed.
  void held(const std::string& reason);
  // "the database" or "the spool", from this instant on; until it took something or is idle.
  void away(const char* what, Instant now);
  void jobs_fail(bool do_they);

  // What became of the last one; empty: nothing to say.
  void reload(const std::string& how);
  void stopping();

  // The line, of at most a few hundred bytes.
  std::string line() const;

 private:
  std::string main_part() const;

  mutable std::mutex mutex_;
  bool loaded_ = false;
  bool stopping_ = false;
  bool idle_ = false;
  bool jobs_fail_ = false;
  std::uint64_t rows_ = 0;
  std::uint64_t keys_ = 0;
  Sequence sequence_ = 0;
  std::int64_t records_ = 0;
  std::string held_;
  std::string away_;
  Instant away_since_;
  std::string reload_;
};

}  // namespace packwarden
