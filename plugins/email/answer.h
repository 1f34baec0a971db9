#pragma once

#include <string>

#include "notifier_abi.h"

namespace email {

// How far a transaction came: what was said last, and by whom the answer is given.
enum class Stage {
  connect,    // nothing was said yet
  hello,      // EHLO, HELO, STARTTLS
  auth,       // AUTH and its answers
  mail,       // MAIL FROM
  recipient,  // RCPT TO
  data,       // DATA
  body,       // a part of the mail was given, without its end
  end         // all of the mail was given, and its end may have been
};

// One transaction, successful or not.
struct Exchange {
  int curl_code = 0;  // CURLcode
  Stage stage = Stage::connect;
  int reply = 0;      // the server's last reply at that stage; 0: none
  std::string words;  // of the reply, or libcurl's own where there is none
};

struct Verdict {
  pw_outcome outcome = PW_OUTCOME_UNKNOWN;
  std::string reason;  // the server's words, if it is accepted
};

// What a transaction means for its mail; README.md has the table. Pure.
Verdict sort_answer(const Exchange& exchange);

// Whether it failed before the mail was mentioned, so that others will fail in the same way. Pure.
bool failed_for_all(const Exchange& exchange);

}  // namespace email
