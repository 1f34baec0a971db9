#include <boost/json/basic_parser_impl.hpp>
#include <deque>
#include <limits>

#include "mediation/json_line.h"

namespace packwarden {
namespace {

namespace json = boost::json;
using Kind = JsonMember::Kind;

// Is told what stands in the text, piece by piece, and keeps the members of the outer object and of
// the object under its name `data`.
class Handler {
 public:
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();

  JsonLine line;

  void clear() {
    line.problem = nullptr;
    line.members.clear();
    line.data.clear();
    texts_.clear();
    text_.clear();
    depth_ = 0;
    in_data_ = false;
  }

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) {
    if (depth_ == 1) {
      value(Kind::object);
      in_data_ = !line.members.empty() && line.members.back().name == "data";
    } else {
      value(Kind::other);
    }
    is_object_ = depth_ == 0 || is_object_;
    ++depth_;
    return true;
  }
  bool on_object_end(std::size_t, json::error_code&) { return leave(); }
  bool on_array_begin(json::error_code&) {
    if (depth_ == 0) is_object_ = false;
    value(Kind::other);
    ++depth_;
    return true;
  }
  bool on_array_end(std::size_t, json::error_code&) { return leave(); }

  bool on_key_part(json::string_view part, std::size_t, json::error_code&) { return add(part); }
  bool on_key(json::string_view part, std::size_t, json::error_code&) {
    add(part);
    std::vector<JsonMember>* const into = members();
    if (into != nullptr) into->emplace_back().name = keep();
    text_.clear();
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, json::error_code&) { return add(part); }
  bool on_string(json::string_view part, std::size_t, json::error_code&) {
    add(part);
    if (JsonMember* member = value(Kind::text)) member->text = keep();
    text_.clear();
    return true;
  }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t number, json::string_view, json::error_code&) {
    if (JsonMember* member = value(Kind::integer)) member->integer = number;
    return true;
  }
  // Beyond 2^63, a fraction or an exponent: no quantity, whatever it is exactly.
  bool on_uint64(std::uint64_t, json::string_view, json::error_code&) { return other(); }
  template <typename Number>
  bool on_double(Number, json::string_view, json::error_code&) {
    return other();
  }
  bool on_bool(bool, json::error_code&) { return other(); }
  bool on_null(json::error_code&) {
    value(Kind::null);
    return true;
  }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

  bool is_object() const { return is_object_; }

 private:
  // Where a name that comes now belongs; none where it is not read.
  std::vector<JsonMember>* members() {
    if (!is_object_) return nullptr;
    if (depth_ == 1) return &line.members;
    return depth_ == 2 && in_data_ ? &line.data : nullptr;
  }
  // The member whose value comes now; none where it is not read.
  JsonMember* value(Kind kind) {
    if (depth_ == 0) is_object_ = false;  // until an object begins
    std::vector<JsonMember>* const into = members();
    if (into == nullptr || into->empty()) return nullptr;
    into->back().kind = kind;
    return &into->back();
  }
  bool other() {
    value(Kind::other);
    return true;
  }
  bool leave() {
    --depth_;
    if (depth_ == 1) in_data_ = false;
    return true;
  }
  bool add(json::string_view part) {
    text_.append(part.data(), part.size());
    return true;
  }
  std::string_view keep() { return texts_.emplace_back(text_); }

  std::deque<std::string> texts_;  // that views point into
  std::string text_;               // the parts of a text so far
  std::size_t depth_ = 0;
  bool is_object_ = false;
  bool in_data_ = false;
};

json::parse_options strict() {
  json::parse_options options;  // as they stand: no comments, no trailing commas, valid UTF-8 only
  options.max_depth = max_json_depth;
  return options;
}

}  // namespace

class PlainJsonReader::Parser : public json::basic_parser<Handler> {
 public:
  Parser() : basic_parser(strict()) {}
};

PlainJsonReader::PlainJsonReader() : parser_(std::make_unique<Parser>()) {}
PlainJsonReader::~PlainJsonReader() = default;

JsonLine& PlainJsonReader::read(std::string_view text) {
  parser_->reset();
  Handler& handler = parser_->handler();
  handler.clear();
  json::error_code error;
  const std::size_t used = parser_->write_some(false, text.data(), text.size(), error);
  if (error || !parser_->done() || used != text.size()) {
    handler.line.problem = "no JSON";
  } else if (!handler.is_object()) {
    handler.line.problem = "no JSON object";
  }
  return handler.line;
}

}  // namespace packwarden
