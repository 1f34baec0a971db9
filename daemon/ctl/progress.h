#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>
#include <thread>

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

// The same for work that cannot say how far it is: for how long it has been going on, from its
// second second on. Nothing where stdout is a terminal too and `prints` is set: what comes there
// would mix with it.
class Elapsed {
 public:
  Elapsed(std::string what, bool wanted, bool prints = false);
  ~Elapsed();
  Elapsed(const Elapsed&) = delete;
  Elapsed& operator=(const Elapsed&) = delete;

 private:
  void tick(const std::stop_token& stop) const;

  std::string what_;
  std::jthread ticker_;
};

// "checking  [#####---------------]  25 %  120 MiB/s"
std::string progress_line(const std::string& what, std::uint64_t done_bytes,
                          std::uint64_t all_bytes, std::uint64_t elapsed_ms);

}  // namespace packwarden
