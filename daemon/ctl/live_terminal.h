#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace packwarden {

// The terminal at stdin and stdout, given to one screen that is drawn again and again; as it was
// once this is destroyed, and before each signal that ends or stops the process takes effect. At
// most one at a time. Throws std::system_error where it is no terminal.
class LiveTerminal {
 public:
  LiveTerminal();
  ~LiveTerminal();
  LiveTerminal(const LiveTerminal&) = delete;
  LiveTerminal& operator=(const LiveTerminal&) = delete;

  // In place of what was there; as many lines as the terminal has, none wider than it.
  void draw(const std::vector<std::string>& lines);

  enum class Event { timeout, redraw, quit };
  // Waits for so long, for another size or the return of a stopped process (redraw), or for a key
  // that quits: q, or the end of input.
  Event wait(std::chrono::milliseconds longest);

 private:
  bool keys_ = true;  // more may come
};

}  // namespace packwarden
