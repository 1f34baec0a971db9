#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "domain/usage_record.h"

// One line of NDJSON (docs/FORMATS.md). What a line holds is read by one of two readers, and what
// that means is decided in one place.
namespace packwarden {

// How deep arrays and objects may stand in each other.
inline constexpr std::size_t max_json_depth = 64;

// A name and its value in one of the two objects that are read.
struct JsonMember {
  enum class Kind : std::uint8_t { null, text, integer, object, other };
  std::string_view name;
  Kind kind = Kind::other;
  std::string_view text;  // only of a text
  std::int64_t integer =
      0;  // only of an integer: digits alone; what does not fit stands as `other`
};

struct JsonLine {
  const char* problem = nullptr;  // why it is no JSON object; then the rest counts for nothing
  std::vector<JsonMember> members;
  std::vector<JsonMember> data;  // of the object under the name `data`, if there is one
};

// Fills fields, or rejects. Views in `line` are those of `json`. Reorders the members.
void interpret(JsonLine& json, DecodedLine& line);

// The slow, obvious reader, strictly RFC 8259: the model for the fast one, and the judge where that
// one gives up on a number. Views live until the next call. Not thread-safe.
class PlainJsonReader {
 public:
  PlainJsonReader();
  ~PlainJsonReader();
  JsonLine& read(std::string_view text);

 private:
  class Parser;
  std::unique_ptr<Parser> parser_;
};

// The same by simdjson. Lines of up to `max_line_bytes`. Views live until the next call. Not
// thread-safe.
class FastJsonReader {
 public:
  explicit FastJsonReader(std::uint32_t max_line_bytes);
  ~FastJsonReader();
  JsonLine& read(std::string_view text);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace packwarden
