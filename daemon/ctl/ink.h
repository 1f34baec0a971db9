#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>

namespace packwarden {

// What a text means; how it looks follows from that. Never the only sign: the words say it too.
enum class Tone : std::uint8_t { plain, good, late, bad, quiet, title };

// Colours of a terminal, or none.
class Ink {
 public:
  explicit Ink(bool on = false) : on_(on) {}

  bool on() const { return on_; }
  // The text, in the colour of its tone.
  std::string operator()(Tone tone, std::string_view text) const;

 private:
  bool on_;
};

// --color: auto is a terminal that can, unless NO_COLOR is set (https://no-color.org).
enum class ColorChoice : std::uint8_t { automatic, always, never };

// Whether what goes to `out` is seen by a person at a terminal.
bool is_terminal(const std::ostream& out);
// Whether a person may press keys.
bool is_input_terminal();
Ink ink_for(ColorChoice choice, bool terminal);

}  // namespace packwarden
