#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace packwarden {

// What becomes of a value on its way into a text.
enum class Escape {
  plain,  // one line: each control character is a space
  html,   // text of HTML: characters with a meaning are escaped, ends of lines are <br>
};

// A text with variables, in the language of mustache: {{name}}, {{#name}} where it is not empty
// {{/name}}, {{^name}} where it is empty {{/name}}, {{! a remark}}. kainjow's parser reads it once;
// rendering is then a walk over literals and values, and gives what kainjow's own rendering gives.
// Values are never read as templates. Immutable; thread-safe.
class TextTemplate {
 public:
  TextTemplate() = default;

  // The variables by their index; those with an empty name do not exist. The error is a sentence:
  // what is wrong, and what to give instead. Refused are {{{name}}}, {{&name}}, partials and other
  // delimiters, sections over an end of line, and a line that has nothing beside sections.
  static tl::expected<TextTemplate, std::string> compile(const std::string& text,
                                                         std::span<const std::string_view> names);

  // `values` by the same index.
  void render(std::span<const std::string_view> values, Escape escape, std::string& out) const;

 private:
  friend class TemplateCompiler;
  enum class Part : std::uint8_t { literal, variable, section, inverted };
  struct Piece {
    Part part = Part::literal;
    std::uint8_t variable = 0;
    std::uint32_t inside = 0;  // pieces of the section, which follow
    std::string literal;
  };
  std::vector<Piece> pieces_;
};

// Appends a value, escaped.
void append_escaped(std::string_view value, Escape escape, std::string& out);

}  // namespace packwarden
