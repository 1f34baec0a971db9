#pragma once

#include <cstddef>

namespace packwarden {

struct TerminalSize {
  std::size_t columns = 80;
  std::size_t lines = 24;
};

// Of the terminal at stdout; 80 by 24 where there is none or where it does not know.
TerminalSize terminal_size();

}  // namespace packwarden
