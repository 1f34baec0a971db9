#include "channel/memory_limit.h"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <fstream>
#include <mutex>

#include "logging/log.h"

namespace packwarden {
namespace {

constexpr std::chrono::milliseconds interval{100};
// Of the system's limit above ours: what is mapped and not used counts there.
constexpr std::uint64_t reserve_bytes = 128U << 20;

std::uint64_t used_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t size_pages = 0;
  std::uint64_t resident_pages = 0;
  statm >> size_pages >> resident_pages;
  return resident_pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

void watch(const std::stop_token& stop, const std::string& channel, std::uint64_t max_bytes) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  while (!never.wait_for(lock, stop, interval, [&] { return stop.stop_requested(); })) {
    const std::uint64_t used = used_bytes();
    if (used <= max_bytes) continue;
    log_event(
        events::plugin_memory_exceeded,
        "channel {}: uses {} bytes of memory, more than memory_max_bytes ({}); ending the process",
        channel, used, max_bytes);
    std::_Exit(MemoryLimit::exit_status);
  }
}

}  // namespace

MemoryLimit::MemoryLimit(std::string channel, std::uint64_t max_bytes) {
  const rlim_t hard = max_bytes + reserve_bytes;
  const rlimit limit{hard, hard};
  if (setrlimit(RLIMIT_DATA, &limit) != 0) {
    log_event(events::plugin_memory_unlimited, "channel {}: the system sets no limit to its memory",
              channel);
  }
  thread_ = std::jthread([channel = std::move(channel), max_bytes](const std::stop_token& stop) {
    watch(stop, channel, max_bytes);
  });
}

MemoryLimit::~MemoryLimit() = default;

}  // namespace packwarden
