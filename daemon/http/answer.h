#pragma once

#include <string>
#include <string_view>

namespace packwarden {

// What is answered, besides the body, which is written where the maker of the answer was told.
struct Answer {
  int status = 200;
  std::string_view headers;  // further ones, each with its line end; static storage
  std::string_view content_type = "application/json";
  bool close = false;  // the connection ends with it
};

// Appends `text`, which is UTF-8, as a JSON string with its quotation marks.
void append_json(std::string& out, std::string_view text);

// Writes the body of an error (docs/ENTITLEMENTS.md) over `body`.
Answer error_answer(std::string& body, int status, std::string_view code, std::string_view message);
// The same, and the connection ends.
Answer last_answer(std::string& body, int status, std::string_view code, std::string_view message);

// Appends the answer as HTTP/1.1. `head_only`: the body is left out, its length is not (HEAD).
// `says_keep_alive`: for a client of HTTP/1.0, which would take the connection as ended.
void append_answer(std::string& out, const Answer& answer, std::string_view body,
                   std::string_view date, bool head_only, bool says_keep_alive);

}  // namespace packwarden
