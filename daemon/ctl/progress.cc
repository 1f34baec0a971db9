#include "ctl/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <mutex>

#include "domain/shown_text.h"

namespace packwarden {
namespace {

constexpr std::chrono::milliseconds first_after{500};
constexpr std::chrono::milliseconds then_every{100};
constexpr int bar_marks = 20;

}  // namespace

std::string progress_line(const std::string& what, std::uint64_t done_bytes,
                          std::uint64_t all_bytes, std::uint64_t elapsed_ms) {
  done_bytes = std::min(done_bytes, all_bytes);
  const double share =
      all_bytes == 0 ? 0.0 : static_cast<double>(done_bytes) / static_cast<double>(all_bytes);
  const int marks = static_cast<int>(share * bar_marks);
  const std::uint64_t mib_a_second =
      done_bytes / 1'024 * 1'000 / 1'024 / std::max<std::uint64_t>(elapsed_ms, 1);
  return fmt::format("{}  [{:#<{}}{:-<{}}] {:3} %  {} MiB/s", what, "", marks, "",
                     bar_marks - marks, static_cast<int>(share * 100), mib_a_second);
}

Progress::Progress(std::string what, bool wanted)
    : what_(std::move(what)),
      wanted_(wanted && isatty(STDERR_FILENO) == 1),
      begin_(std::chrono::steady_clock::now()),
      next_(begin_ + first_after) {}

Progress::~Progress() {
  if (shown_) std::fputs("\r\033[K", stderr);
}

void Progress::show(std::uint64_t done_bytes, std::uint64_t all_bytes) {
  if (!wanted_) return;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return;
  next_ = now + then_every;
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(now - begin_);
  fmt::print(
      stderr, "\r\033[K{}",
      progress_line(what_, done_bytes, all_bytes, static_cast<std::uint64_t>(elapsed.count())));
  shown_ = true;
}

Elapsed::Elapsed(std::string what, bool wanted, bool prints) : what_(std::move(what)) {
  if (!wanted || isatty(STDERR_FILENO) != 1) return;
  if (prints && isatty(STDOUT_FILENO) == 1) return;
  ticker_ = std::jthread([this](const std::stop_token& stop) { tick(stop); });
}

Elapsed::~Elapsed() = default;

void Elapsed::tick(const std::stop_token& stop) const {
  std::mutex mutex;
  std::condition_variable_any wakeup;
  std::unique_lock lock(mutex);
  for (std::int64_t seconds = 1;; ++seconds) {
    wakeup.wait_for(lock, stop, std::chrono::seconds(1), [] { return false; });
    if (stop.stop_requested()) {
      if (seconds > 1) std::fputs("\r\033[K", stderr);
      return;
    }
    fmt::print(stderr, "\r\033[K{}  {}", what_, shown_age(seconds));
  }
}

}  // namespace packwarden
