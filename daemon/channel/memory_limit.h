#pragma once

#include <cstdint>
#include <string>
#include <thread>

namespace packwarden {

// N8: ends the process when it uses more memory than it may, since a plugin that leaks must not
// take that of the daemon. Looks several times a second; a plugin that is faster than that is
// refused more by the system itself.
class MemoryLimit {
 public:
  // The exit status of a process that was ended.
  static constexpr int exit_status = 77;

  MemoryLimit(std::string channel, std::uint64_t max_bytes);
  ~MemoryLimit();
  MemoryLimit(const MemoryLimit&) = delete;
  MemoryLimit& operator=(const MemoryLimit&) = delete;

 private:
  std::jthread thread_;
};

}  // namespace packwarden
