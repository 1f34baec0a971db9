#include "notices/text_template.h"

#include <fmt/format.h>

#include <algorithm>
#include <kainjow/mustache.hpp>

namespace packwarden {
namespace {

namespace km = kainjow::mustache;
using Component = km::component<std::string>;

constexpr std::size_t max_values = 32;  // in one text: what bounds its length

// The bytes that the character at the start of `text` has if it is a control character: C0, DEL,
// C1, or an end of line or paragraph of Unicode; else 0.
std::size_t control_bytes(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) < 0x20 || byte(0) == 0x7F) return 1;
  if (byte(0) == 0xC2 && text.size() > 1 && byte(1) >= 0x80 && byte(1) <= 0x9F) return 2;
  const bool end_of_line =
      byte(0) == 0xE2 && text.size() > 2 && byte(1) == 0x80 && (byte(2) == 0xA8 || byte(2) == 0xA9);
  return end_of_line ? 3 : 0;
}

bool may_be_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F || byte == 0xC2 || byte == 0xE2;
}

void append_plain(std::string_view value, std::string& out) {
  if (std::none_of(value.begin(), value.end(), may_be_control)) {
    out.append(value);
    return;
  }
  while (!value.empty()) {
    const std::size_t control = control_bytes(value);
    out.push_back(control == 0 ? value.front() : ' ');
    value.remove_prefix(std::max<std::size_t>(control, 1));
  }
}

void append_html(std::string_view value, std::string& out) {
  while (true) {
    const std::size_t at = value.find_first_of("&<>\"'\n");
    out.append(value.substr(0, at));
    if (at == std::string_view::npos) return;
    switch (value[at]) {
      case '&':
        out.append("&amp;");
        break;
      case '<':
        out.append("&lt;");
        break;
      case '>':
        out.append("&gt;");
        break;
      case '"':
        out.append("&quot;");
        break;
      case '\'':
        out.append("&#39;");
        break;
      default:
        out.append("<br>\n");
    }
    value.remove_prefix(at + 1);
  }
}

}  // namespace

void append_escaped(std::string_view value, Escape escape, std::string& out) {
  if (escape == Escape::html) return append_html(value, out);
  append_plain(value, out);
}

// Flattens what kainjow parsed.
class TemplateCompiler {
 public:
  explicit TemplateCompiler(std::span<const std::string_view> names) : names_(names) {}

  // Empty where all is well.
  std::string compile(const std::string& text) {
    // Not known here, and kainjow's parser asserts instead of refusing some.
    if (text.find("{{=") != std::string::npos) return "other delimiters than {{ }} are not known";
    km::context<std::string> context;
    km::context_internal<std::string> state{context};
    Component root;
    std::string error;
    const km::parser<std::string> parser{text, state, root, error};
    if (!error.empty()) return error + ", counted in bytes from 0: close it, or take it out";
    add_all(root, false);
    end_line();
    if (fault_.empty() && values_ > max_values) {
      fault_ = fmt::format("has {} variables: give at most {}", values_, max_values);
    }
    return fault_;
  }
  TextTemplate take() { return std::move(template_); }

 private:
  using Part = TextTemplate::Part;

  void add_all(Component& parent, bool inside) {
    // Not walk_children, which would go down into sections.
    for (Component& child : parent.children) {
      if (!fault_.empty()) return;
      add(child, inside);
    }
  }

  void add(Component& component, bool inside) {
    const std::string& name = component.tag.name;
    switch (component.tag.type) {
      case km::tag_type::text:
        return add_literal(component, inside);
      case km::tag_type::variable:
        ++values_;
        template_.pieces_.push_back({Part::variable, index_of(name), 0, ""});
        return;
      case km::tag_type::section_begin:
        return add_section(component, Part::section);
      case km::tag_type::section_begin_inverted:
        return add_section(component, Part::inverted);
      case km::tag_type::comment:
        return;
      case km::tag_type::unescaped_variable:
        fault_ = fmt::format("write {{{{{}}}}}: no value goes into a text as it is", name);
        return;
      case km::tag_type::partial:
      case km::tag_type::set_delimiter:
      case km::tag_type::section_end:
        fault_ = fmt::format("{{{{> {}}}}} is not known here: write the text out", name);
    }
  }

  void add_literal(const Component& component, bool inside) {
    if (component.is_newline()) {
      if (inside) {
        fault_ = "a section ends in the line in which it begins: write it so";
        return;
      }
      end_line();
    } else if (!inside && !component.is_non_newline_whitespace()) {
      has_literal_ = true;
    }
    auto& pieces = template_.pieces_;
    if (pieces.size() > joins_from_ && pieces.back().part == Part::literal) {
      pieces.back().literal += component.text;
    } else {
      pieces.push_back({Part::literal, 0, 0, component.text});
    }
  }

  void add_section(Component& component, Part part) {
    has_section_ = true;
    auto& pieces = template_.pieces_;
    const std::size_t at = pieces.size();
    pieces.push_back({part, index_of(component.tag.name), 0, ""});
    add_all(component, true);
    pieces[at].inside = static_cast<std::uint32_t>(pieces.size() - at - 1);
    joins_from_ = pieces.size();
  }

  // kainjow drops a line that has nothing but sections and white space, depending on the values.
  void end_line() {
    if (fault_.empty() && has_section_ && !has_literal_) {
      fault_ = "a line needs words beside its sections: write some";
    }
    has_section_ = has_literal_ = false;
  }

  std::uint8_t index_of(const std::string& name) {
    const auto at = std::find(names_.begin(), names_.end(), name);
    if (at != names_.end() && !name.empty()) return static_cast<std::uint8_t>(at - names_.begin());
    std::string known;
    for (const std::string_view one : names_) {
      if (!one.empty()) known.append(known.empty() ? "" : ", ").append(one);
    }
    fault_ = fmt::format("there is no {{{{{}}}}} here: give one of {}", name, known);
    return 0;
  }

  std::span<const std::string_view> names_;
  TextTemplate template_;
  std::string fault_;
  std::size_t values_ = 0;
  std::size_t joins_from_ = 0;  // literals before it belong to a section
  bool has_section_ = false;    // the line so far
  bool has_literal_ = false;
};

tl::expected<TextTemplate, std::string> TextTemplate::compile(
    const std::string& text, std::span<const std::string_view> names) {
  TemplateCompiler compiler(names);
  std::string fault = compiler.compile(text);
  if (!fault.empty()) return tl::unexpected(std::move(fault));
  return compiler.take();
}

void TextTemplate::render(std::span<const std::string_view> values, Escape escape,
                          std::string& out) const {
  for (std::size_t at = 0; at < pieces_.size(); ++at) {
    const Piece& piece = pieces_[at];
    const std::string_view value = values[piece.variable];
    switch (piece.part) {
      case Part::literal:
        out.append(piece.literal);
        break;
      case Part::variable:
        append_escaped(value, escape, out);
        break;
      case Part::section:
        if (value.empty()) at += piece.inside;
        break;
      case Part::inverted:
        if (!value.empty()) at += piece.inside;
    }
  }
}

}  // namespace packwarden
