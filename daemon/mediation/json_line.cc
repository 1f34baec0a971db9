#include "mediation/json_line.h"

#include <algorithm>

#include "mediation/record_checks.h"

namespace packwarden {
namespace {

using Kind = JsonMember::Kind;

constexpr std::size_t few_members = 16;

bool has_a_name_twice(std::vector<JsonMember>& members) {
  if (members.size() <= few_members) {
    for (std::size_t i = 1; i < members.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (members[i].name == members[j].name) return true;
      }
    }
    return false;
  }
  const auto by_name = [](const JsonMember& a, const JsonMember& b) { return a.name < b.name; };
  std::sort(members.begin(), members.end(), by_name);
  return std::adjacent_find(members.begin(), members.end(),
                            [](const JsonMember& a, const JsonMember& b) {
                              return a.name == b.name;
                            }) != members.end();
}

// Null where it is absent, or null.
const JsonMember* find(const std::vector<JsonMember>& members, std::string_view name) {
  for (const JsonMember& member : members) {
    if (member.name == name) return member.kind == Kind::null ? nullptr : &member;
  }
  return nullptr;
}

struct Found {
  const JsonMember* id;
  const JsonMember* source;
  const JsonMember* account;
  const JsonMember* product;
  const JsonMember* meter;
  const JsonMember* time;
  const JsonMember* quantity;
};

Found find_flat(const JsonLine& json) {
  const auto of = [&](std::string_view name) { return find(json.members, name); };
  return {of("id"),    of("source"), of("account"), of("product"),
          of("meter"), of("time"),   of("quantity")};
}

Found find_event(const JsonLine& json) {
  const auto of = [&](std::string_view name) { return find(json.members, name); };
  return {of("id"),
          of("source"),
          of("subject"),
          find(json.data, "product"),
          of("type"),
          of("time"),
          find(json.data, "quantity")};
}

// Null where it is one that can be read.
const char* problem_of_event(JsonLine& json, const JsonMember& version) {
  if (version.kind != Kind::text || version.text != "1.0") {
    return "specversion is not \"1.0\"";
  }
  if (find(json.members, "data_base64") != nullptr) {
    return "a CloudEvent with data_base64; its data must be a JSON object";
  }
  const JsonMember* const data = find(json.members, "data");
  if (data != nullptr && data->kind != Kind::object) return "the data are no JSON object";
  if (has_a_name_twice(json.data)) return "a name stands twice in the data";
  return nullptr;
}

const char* problem_of_texts(const Found& found) {
  for (const JsonMember* member :
       {found.id, found.source, found.account, found.product, found.meter}) {
    if (member == nullptr) continue;
    if (member->kind != Kind::text) return "a field that must be a string is none";
    if (member->text.find('\0') != std::string_view::npos) return "a NUL character in a field";
  }
  return nullptr;
}

std::string_view text_of(const JsonMember* member) {
  return member == nullptr ? std::string_view() : member->text;
}

}  // namespace

void interpret(JsonLine& json, DecodedLine& line) {
  const auto malformed = [&](const char* detail) { reject(line, RejectReason::malformed, detail); };
  if (json.problem != nullptr) return malformed(json.problem);
  if (has_a_name_twice(json.members)) return malformed("a name stands twice in the object");

  const JsonMember* const version = find(json.members, "specversion");
  if (version != nullptr) {
    if (const char* problem = problem_of_event(json, *version)) return malformed(problem);
  }
  const Found found = version == nullptr ? find_flat(json) : find_event(json);
  if (const char* problem = problem_of_texts(found)) return malformed(problem);
  const std::string_view id = text_of(found.id);
  const std::string_view source = text_of(found.source);
  if (const char* problem = problem_of_lengths(id, source)) return malformed(problem);

  line.id = id;
  line.source = source;
  line.account = text_of(found.account);
  line.product = text_of(found.product);
  line.meter = text_of(found.meter);
  const bool odd_time = found.time != nullptr && found.time->kind != Kind::text;
  if (!check_present(line, odd_time ? "?" : text_of(found.time))) return;
  if (version != nullptr && source.empty()) {
    return reject(line, RejectReason::missing_field, "the source of a CloudEvent is empty");
  }
  if (odd_time) return reject(line, RejectReason::bad_time, "the time is no string");
  if (!read_time(line, found.time->text) || found.quantity == nullptr) return;
  const JsonMember& quantity = *found.quantity;
  if (quantity.kind != Kind::integer || quantity.integer < 1 || quantity.integer > max_quantity) {
    return reject(line, RejectReason::bad_quantity, no_quantity);
  }
  line.quantity = quantity.integer;
}

}  // namespace packwarden
