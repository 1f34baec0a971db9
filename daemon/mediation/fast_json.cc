#include <simdjson.h>

#include <algorithm>

#include "mediation/json_line.h"

namespace packwarden {
namespace {

using Kind = JsonMember::Kind;
namespace dom = simdjson::dom;

void read_members(dom::object object, std::vector<JsonMember>& members) {
  for (const dom::key_value_pair field : object) {
    JsonMember& member = members.emplace_back();
    member.name = field.key;
    switch (field.value.type()) {
      case dom::element_type::STRING:
        member.kind = Kind::text;
        member.text = std::string_view(field.value.get_string().value_unsafe());
        break;
      case dom::element_type::INT64:
        member.kind = Kind::integer;
        member.integer = field.value.get_int64().value_unsafe();
        break;
      case dom::element_type::NULL_VALUE:
        member.kind = Kind::null;
        break;
      case dom::element_type::OBJECT:
        member.kind = Kind::object;
        break;
      default:
        member.kind = Kind::other;
    }
  }
}

}  // namespace

struct FastJsonReader::State {
  dom::parser parser;
  PlainJsonReader plain;
  JsonLine line;
};

FastJsonReader::FastJsonReader(std::uint32_t max_line_bytes) : state_(std::make_unique<State>()) {
  // It counts the depth of what it is in, not of what it enters.
  if (state_->parser.allocate(max_line_bytes, max_json_depth + 1) != simdjson::SUCCESS) {
    throw std::bad_alloc();
  }
}
FastJsonReader::~FastJsonReader() = default;

JsonLine& FastJsonReader::read(std::string_view text) {
  // simdjson does not count an empty array or object at the deepest level; lines that could be so
  // deep are rare.
  const auto openings =
      std::count_if(text.begin(), text.end(), [](char c) { return c == '[' || c == '{'; });
  if (openings > static_cast<std::ptrdiff_t>(max_json_depth)) return state_->plain.read(text);

  JsonLine& line = state_->line;
  line.problem = nullptr;
  line.members.clear();
  line.data.clear();
  dom::element document;
  const simdjson::error_code error = state_->parser.parse(text.data(), text.size()).get(document);
  // Integers beyond 64 bits and numbers that no binary64 comes near are good JSON: let the other
  // reader say. It is also what a wrong number gets.
  if (error == simdjson::NUMBER_ERROR) return state_->plain.read(text);
  if (error == simdjson::MEMALLOC) throw std::bad_alloc();
  if (error != simdjson::SUCCESS) {
    line.problem = "no JSON";
    return line;
  }
  dom::object object;
  if (document.get(object) != simdjson::SUCCESS) {
    line.problem = "no JSON object";
    return line;
  }
  read_members(object, line.members);
  for (const JsonMember& member : line.members) {
    if (member.kind != Kind::object || member.name != "data") continue;
    dom::object data;
    if (object.at_key("data").get(data) == simdjson::SUCCESS) read_members(data, line.data);
    break;
  }
  return line;
}

}  // namespace packwarden
