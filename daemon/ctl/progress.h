#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace packwarden {

// A line on a terminal's stderr that says how far long work is. Shows nothing elsewhere, nor in the
// first moments, and goes away when destroyed.
class Progress {
 public:
  // `wanted`: false for programs.
  Progress(std::string what, bool wanted);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(std::uint64_t done_bytes, std::uint64_t all_bytes);

 private:
  std::string what_;
  bool wanted_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point begin_;
  std::chrono::steady_clock::time_point next_;
};

// "checking  [#####---------------]  25 %  120 MiB/s"
std::string progress_line(const std::string& what, std::uint64_t done_bytes,
                          std::uint64_t all_bytes, std::uint64_t elapsed_ms);

}  // namespace packwarden
