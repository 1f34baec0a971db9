#include "http/answer.h"

#include <fmt/format.h>

#include <array>
#include <boost/beast/http/status.hpp>
#include <charconv>

namespace packwarden {
namespace {

void append_number(std::string& out, std::size_t number) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

std::string_view headers_of(int status) {
  switch (status) {
    case 401:
      return "WWW-Authenticate: Bearer\r\n";
    case 405:
      return "Allow: GET, HEAD\r\n";
    case 503:
      return "Retry-After: 1\r\n";
    default:
      return {};
  }
}

}  // namespace

void append_json(std::string& out, std::string_view text) {
  static constexpr char digits[] = "0123456789abcdef";
  out.push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (byte < 0x20) {
      out.append("\\u00");
      out.push_back(digits[byte >> 4U]);
      out.push_back(digits[byte & 15U]);
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

Answer error_answer(std::string& body, int status, std::string_view code,
                    std::string_view message) {
  body.assign("{\"error\":");
  append_json(body, code);
  body.append(",\"message\":");
  append_json(body, message);
  body.append("}\n");
  Answer answer;
  answer.status = status;
  answer.headers = headers_of(status);
  return answer;
}

Answer last_answer(std::string& body, int status, std::string_view code, std::string_view message) {
  Answer answer = error_answer(body, status, code, message);
  answer.close = true;
  return answer;
}

void append_answer(std::string& out, const Answer& answer, std::string_view body,
                   std::string_view date, bool head_only, bool says_keep_alive) {
  if (answer.status == 200) {
    out.append("HTTP/1.1 200 OK\r\n");
  } else {
    out.append("HTTP/1.1 ");
    append_number(out, static_cast<std::size_t>(answer.status));
    out.push_back(' ');
    const auto reason =
        boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(answer.status));
    out.append(reason.data(), reason.size());
    out.append("\r\n");
  }
  out.append("Date: ").append(date);
  out.append("\r\nContent-Type: ").append(answer.content_type);
  out.append("\r\nContent-Length: ");
  append_number(out, body.size());
  out.append("\r\nCache-Control: no-store\r\n").append(answer.headers);
  if (answer.close) {
    out.append("Connection: close\r\n");
  } else if (says_keep_alive) {
    out.append("Connection: keep-alive\r\n");
  }
  out.append("\r\n");
  if (!head_only) out.append(body);
}

}  // namespace packwarden
