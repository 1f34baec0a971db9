#include "message.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "header_text.h"

namespace email {
namespace {

constexpr std::size_t kBytesPerLine = 57;  // 76 letters of base64, the most that MIME allows
constexpr std::size_t kHashBytes = 16;

std::string hash_of(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::string hex;
  for (std::size_t i = 0; i < kHashBytes; ++i) {
    constexpr std::string_view digits = "0123456789abcdef";
    hex += digits[digest[i] >> 4];
    hex += digits[digest[i] & 15];
  }
  return hex;
}

// RFC 5322, 3.3; by hand, as strftime takes the names from the locale.
std::string date(std::time_t now) {
  constexpr std::array days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d +0000",
                days.at(static_cast<std::size_t>(parts.tm_wday)), parts.tm_mday,
                months.at(static_cast<std::size_t>(parts.tm_mon)), parts.tm_year + 1900,
                parts.tm_hour, parts.tm_min, parts.tm_sec);
  return text.data();
}

// MIME wants the line ends of a text as CRLF also inside base64.
std::string with_crlf(std::string_view text) {
  std::string lines;
  lines.reserve(text.size() + text.size() / 32);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r' && text[i] != '\n') {
      lines += text[i];
      continue;
    }
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') ++i;
    lines += "\r\n";
  }
  return lines;
}

void append_part(std::string& mail, const char* type, std::string_view text) {
  mail += "Content-Type: ";
  mail += type;
  mail += "; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n";
  const std::string lines = with_crlf(text);
  for (std::size_t at = 0; at < lines.size(); at += kBytesPerLine) {
    mail += base64(std::string_view(lines).substr(at, kBytesPerLine));
    mail += "\r\n";
  }
}

void append_header(std::string& mail, const char* name, std::string_view value) {
  mail += name;
  mail += ": ";
  mail += value;
  mail += "\r\n";
}

void append_bodies(std::string& mail, const pw_message& message, const std::string& boundary) {
  if (*message.html == '\0') {
    append_part(mail, "text/plain", message.body);
    return;
  }
  append_header(mail, "Content-Type", "multipart/alternative;\r\n boundary=\"" + boundary + "\"");
  mail += "\r\n--" + boundary + "\r\n";
  append_part(mail, "text/plain", message.body);
  mail += "\r\n--" + boundary + "\r\n";  // the best one comes last
  append_part(mail, "text/html", message.html);
  mail += "\r\n--" + boundary + "--\r\n";
}

}  // namespace

std::string message_id(std::string_view idempotency_key, std::string_view domain) {
  return "<" + hash_of(idempotency_key) + "@" + std::string(domain) + ">";
}

bool can_be_unsubscribed(std::string_view kind) {
  constexpr std::array<std::string_view, 5> kinds = {"pack_usage", "pack_used_up", "pack_expiring",
                                                     "pack_expired", "bill"};
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

std::string build_mail(const pw_message& message, const Identity& identity, std::time_t now) {
  std::string mail;
  append_header(mail, "From", mailbox(identity.from_name, identity.from));
  append_header(mail, "To", "<" + std::string(message.recipient) + ">");
  append_header(mail, "Subject",
                unstructured(message.subject, std::string_view("Subject: ").size()));
  append_header(mail, "Date", date(now));
  append_header(mail, "Message-ID",
                message_id(message.idempotency_key, identity.message_id_domain));
  append_header(mail, "Auto-Submitted", "auto-generated");  // RFC 3834: no out-of-office replies
  if (!identity.list_unsubscribe.empty() && can_be_unsubscribed(message.kind)) {
    append_header(mail, "List-Unsubscribe", "<" + identity.list_unsubscribe + ">");
  }
  append_header(mail, "MIME-Version", "1.0");
  // Letters that base64 does not have, so that no body can hold the boundary.
  append_bodies(mail, message, "=_" + hash_of(message.idempotency_key));
  return mail;
}

}  // namespace email
