#include "ctl/ink.h"

#include <unistd.h>

#include <cstdlib>
#include <iostream>

namespace packwarden {
namespace {

// The sixteen colours that each terminal has, as its owner likes them.
const char* code_of(Tone tone) {
  switch (tone) {
    case Tone::good:
      return "32";  // green
    case Tone::late:
      return "33";  // yellow
    case Tone::bad:
      return "1;31";  // bold red
    case Tone::quiet:
      return "2";  // faint
    case Tone::title:
      return "1";  // bold
    case Tone::plain:
      break;
  }
  return "";
}

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

std::string Ink::operator()(Tone tone, std::string_view text) const {
  if (!on_ || tone == Tone::plain || text.empty()) return std::string(text);
  return std::string("\033[") + code_of(tone) + "m" + std::string(text) + "\033[0m";
}

bool is_terminal(const std::ostream& out) {
  return out.rdbuf() == std::cout.rdbuf() && isatty(STDOUT_FILENO) == 1;
}

bool is_input_terminal() {
  return isatty(STDIN_FILENO) == 1;
}

Ink ink_for(ColorChoice choice, bool terminal) {
  if (choice != ColorChoice::automatic) return Ink(choice == ColorChoice::always);
  return Ink(terminal && variable("NO_COLOR").empty() && variable("TERM") != "dumb");
}

}  // namespace packwarden
