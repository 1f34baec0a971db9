#pragma once

#include <cstdint>

namespace packwarden {

// What the kernel says of this process; 0 where it does not say.
struct ProcessFigures {
  double cpu_s = 0;
  std::uint64_t resident_bytes = 0;
  std::uint64_t open_fds = 0;
  std::uint64_t max_fds = 0;
  std::uint64_t memory_limit_bytes = 0;  // of its cgroups; where these set none, of the host
};

// Reads files of /proc and /sys. Thread-safe.
ProcessFigures process_figures();

// The smallest memory.max of the cgroup `path` (as in /proc/self/cgroup) below `root` and of those
// above it; `otherwise` where none is set or smaller.
std::uint64_t memory_limit_of_cgroup(const char* root, const char* path, std::uint64_t otherwise);

}  // namespace packwarden
