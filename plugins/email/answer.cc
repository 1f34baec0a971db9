#include "answer.h"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>

namespace email {
namespace {

constexpr int kAuthRequired = 530;
constexpr int kAuthFailed = 535;
constexpr int kTooLarge = 552;

bool is_for_later(int reply) {
  return reply >= 400 && reply < 500;
}

bool is_refusal(int reply) {
  return reply >= 500 && reply < 600;
}

// The server does not know us, rather than the recipient: "Relay access denied" and its like.
bool speaks_of_relaying(std::string words) {
  std::transform(words.begin(), words.end(), words.begin(),
                 [](unsigned char letter) { return std::tolower(letter); });
  return words.find("relay") != std::string::npos;
}

// TLS and log-in as they are set do not fit the server.
bool is_of_settings(int curl_code) {
  switch (curl_code) {
    case CURLE_LOGIN_DENIED:
    case CURLE_USE_SSL_FAILED:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CIPHER:
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return true;
    default:
      return false;
  }
}

pw_outcome outcome_of_refusal(const Exchange& exchange) {
  if (exchange.reply == kAuthRequired || exchange.reply == kAuthFailed) return PW_OUTCOME_HOLD;
  switch (exchange.stage) {
    case Stage::connect:
    case Stage::hello:
    case Stage::auth:
      return PW_OUTCOME_HOLD;
    case Stage::mail:
      return exchange.reply == kTooLarge ? PW_OUTCOME_REJECTED : PW_OUTCOME_HOLD;
    case Stage::recipient:
      return speaks_of_relaying(exchange.words) ? PW_OUTCOME_HOLD : PW_OUTCOME_REJECTED;
    default:
      return PW_OUTCOME_REJECTED;
  }
}

pw_outcome outcome_of(const Exchange& exchange) {
  if (exchange.curl_code == CURLE_OK) return PW_OUTCOME_ACCEPTED;
  if (is_for_later(exchange.reply)) return PW_OUTCOME_RETRY;
  if (is_refusal(exchange.reply)) return outcome_of_refusal(exchange);
  if (exchange.stage == Stage::end) return PW_OUTCOME_UNKNOWN;
  return is_of_settings(exchange.curl_code) ? PW_OUTCOME_HOLD : PW_OUTCOME_RETRY;
}

const char* name_of(Stage stage) {
  switch (stage) {
    case Stage::connect:
      return "on connecting";
    case Stage::hello:
      return "on greeting";
    case Stage::auth:
      return "on logging in";
    case Stage::mail:
      return "to MAIL FROM";
    case Stage::recipient:
      return "to RCPT TO";
    case Stage::data:
      return "to DATA";
    case Stage::body:
      return "inside of the mail";
    case Stage::end:
      return "after the mail";
  }
  return "";
}

}  // namespace

Verdict sort_answer(const Exchange& exchange) {
  const pw_outcome outcome = outcome_of(exchange);
  if (outcome == PW_OUTCOME_ACCEPTED) return {outcome, exchange.words};
  return {outcome, std::string(name_of(exchange.stage)) + ": " + exchange.words};
}

bool failed_for_all(const Exchange& exchange) {
  return exchange.curl_code != CURLE_OK && exchange.stage <= Stage::auth;
}

}  // namespace email
