#include "app/process_figures.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

namespace packwarden {
namespace {

namespace fs = std::filesystem;

std::uint64_t page_bytes() {
  return static_cast<std::uint64_t>(std::max(0L, sysconf(_SC_PAGESIZE)));
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

std::uint64_t count_open_fds() {
  std::error_code failed;
  std::uint64_t open = 0;
  for (fs::directory_iterator entry("/proc/self/fd", failed), end; !failed && entry != end;
       entry.increment(failed)) {
    ++open;
  }
  return open == 0 ? 0 : open - 1;  // one is that of looking
}

// Of the unified hierarchy: "0::/system.slice/packwardend.service".
std::string own_cgroup() {
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    if (line.starts_with("0::")) return line.substr(3);
  }
  return "/";
}

}  // namespace

std::uint64_t memory_limit_of_cgroup(const char* root, const char* path, std::uint64_t otherwise) {
  std::uint64_t limit = otherwise;
  for (fs::path group = fs::path(path).relative_path();; group = group.parent_path()) {
    std::uint64_t max = 0;  // "max" is no number
    if (std::ifstream(fs::path(root) / group / "memory.max") >> max) limit = std::min(limit, max);
    if (group.empty()) return limit;
  }
}

ProcessFigures process_figures() {
  ProcessFigures figures;
  rusage used{};
  if (getrusage(RUSAGE_SELF, &used) == 0) {
    figures.cpu_s = seconds(used.ru_utime) + seconds(used.ru_stime);
  }
  std::uint64_t all_pages = 0;
  std::uint64_t resident_pages = 0;
  if (std::ifstream("/proc/self/statm") >> all_pages >> resident_pages) {
    figures.resident_bytes = resident_pages * page_bytes();
  }
  figures.open_fds = count_open_fds();
  rlimit fds{};
  if (getrlimit(RLIMIT_NOFILE, &fds) == 0) figures.max_fds = fds.rlim_cur;
  const auto host_pages = static_cast<std::uint64_t>(std::max(0L, sysconf(_SC_PHYS_PAGES)));
  figures.memory_limit_bytes =
      memory_limit_of_cgroup("/sys/fs/cgroup", own_cgroup().c_str(), host_pages * page_bytes());
  return figures;
}

}  // namespace packwarden
