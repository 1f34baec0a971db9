#include "app/daemon_status.h"

#include <fmt/format.h>

#include "ctl/table.h"

namespace packwarden {
namespace {

constexpr std::size_t max_words_bytes = 200;

std::string count(std::uint64_t number) {
  return with_separators(static_cast<std::int64_t>(number));
}

// "2026-11-26 03:12:07 UTC"
std::string to_the_second(Instant at) {
  const std::string text = to_rfc3339(at);
  return text.substr(0, 10) + " " + text.substr(11, 8) + " UTC";
}

}  // namespace

void DaemonStatus::loading(std::uint64_t rows, std::uint64_t keys) {
  const std::lock_guard lock(mutex_);
  away_.clear();
  rows_ = rows;
  keys_ = keys;
}

void DaemonStatus::loaded(Sequence sequence) {
  const std::lock_guard lock(mutex_);
  loaded_ = true;
  sequence_ = sequence;
}

void DaemonStatus::took(Sequence sequence, std::int64_t records) {
  const std::lock_guard lock(mutex_);
  idle_ = false;
  away_.clear();
  sequence_ = sequence;
  records_ += records;
}

void DaemonStatus::idle(Sequence sequence) {
  const std::lock_guard lock(mutex_);
  sequence_ = sequence;
  idle_ = true;
  away_.clear();
}

void DaemonStatus::held(const std::string& reason) {
  const std::lock_guard lock(mutex_);
  held_ = reason.substr(0, max_words_bytes);
}

void DaemonStatus::away(const char* what, Instant now) {
  const std::lock_guard lock(mutex_);
  if (away_.empty()) away_since_ = now;
  away_ = what;
}

void DaemonStatus::jobs_fail(bool do_they) {
  const std::lock_guard lock(mutex_);
  jobs_fail_ = do_they;
}

void DaemonStatus::reload(const std::string& how) {
  const std::lock_guard lock(mutex_);
  reload_ = how.substr(0, max_words_bytes);
}

void DaemonStatus::stopping() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
}

std::string DaemonStatus::line() const {
  const std::lock_guard lock(mutex_);
  if (stopping_) return "stopping: what is being committed may end, the rest is done again later";
  std::string line = main_part();
  if (jobs_fail_ && away_.empty()) line += "; jobs wait for the database";
  if (!reload_.empty()) line += "; " + reload_;
  return line;
}

std::string DaemonStatus::main_part() const {
  if (!away_.empty()) {
    return fmt::format("{} is away since {}; nothing is lost, it is tried again", away_,
                       to_the_second(away_since_));
  }
  if (!loaded_) {
    return fmt::format("loading the books: {} rows and {} dedupe keys so far", count(rows_),
                       count(keys_));
  }
  const std::string since_start =
      fmt::format("{} records since the start", with_separators(records_));
  if (!held_.empty()) return fmt::format("the spool is held: {}; {}", held_, since_start);
  return fmt::format("ledger {}; {}; {}", count(sequence_),
                     idle_ ? "nothing waits" : "taking files", since_start);
}

}  // namespace packwarden
