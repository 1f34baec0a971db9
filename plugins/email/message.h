#pragma once

#include <ctime>
#include <string>
#include <string_view>

#include "notifier_abi.h"

namespace email {

// What all mails of a channel have in common.
struct Identity {
  std::string from;       // without fault
  std::string from_name;  // UTF-8; may be empty
  std::string message_id_domain;
  std::string list_unsubscribe;  // a URL in ASCII; may be empty
};

// The mail as it goes over the wire (RFC 5322 and MIME): ASCII, lines of at most 998 bytes that end
// in CRLF, none of which begins with a dot. Control characters of the subject become spaces.
// `message.recipient` has no fault. `now` is for the Date. Pure.
std::string build_mail(const pw_message& message, const Identity& identity, std::time_t now);

// <HASH@domain>: the same over all attempts, different for different keys.
std::string message_id(std::string_view idempotency_key, std::string_view domain);

// Whether a tenant may do without notices of this kind: usage, expiry and bills. That a service
// stopped or that money is owed must be told.
bool can_be_unsubscribed(std::string_view kind);

}  // namespace email
