#include <gmock/gmock.h>

#include <array>
#include <boost/json.hpp>

#include "digest.h"
#include "webhook/answer.h"
#include "webhook/endpoint.h"
#include "webhook/event.h"
#include "webhook/signature.h"

namespace webhook {
namespace {

using pw_plugin::HttpAnswer;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::int64_t kNow = 1'614'265'330;

TEST(WebhookSignature, IsThatOfThePublishedExample) {
  // The bytes of whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
  const std::string secret =
      pw_plugin::from_hex("31f290f6bf06298aab4f08d43c3f082cf648a362da2da4b0").value();
  EXPECT_EQ(pw_plugin::to_base64(secret), "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  const std::string one = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
  const auto sign = [&](const std::vector<std::string>& secrets) {
    return signatures_of(secrets, "msg_p5jXN8AQM9LWM0D4loKWxJek", kNow, R"({"test": 2432232314})");
  };
  EXPECT_EQ(sign({secret}), one);
  EXPECT_EQ(sign({secret, secret}), one + " " + one);
}

TEST(WebhookSignature, EachAccountHasASecretOfItsOwn) {
  const std::string key(32, 'k');
  EXPECT_NE(account_secret(key, "acme"), account_secret(key, "acme2"));
  EXPECT_NE(account_secret(key, "acme"), account_secret(std::string(32, 'l'), "acme"));
  EXPECT_EQ(account_secret(key, "acme").size(), 32u);
}

// The value is from openssl dgst -sha256 -mac HMAC -macopt hexkey:...
TEST(WebhookSignature, N4_SecretOfAnAccountIsMadeOfTheFirstKeyAndTheName) {
  const auto keys = read_keys("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
  EXPECT_EQ(pw_plugin::to_base64(account_secret(keys.at(0), "acme")),
            "NRQjLGajbtCMiem1assoSDVZvaAKj3XKk9U7ddSg3oM=");
}

TEST(WebhookSignature, KeysAreOneOrTwoLinesOfHex) {
  const std::string a(64, 'a');
  const std::string b(66, 'b');
  EXPECT_THAT(read_keys(a), ElementsAre(std::string(32, '\xaa')));
  EXPECT_THAT(read_keys(a + "\n" + b),
              ElementsAre(std::string(32, '\xaa'), std::string(33, '\xbb')));
  for (const std::string& text : {std::string(), a.substr(2), a + "\n", "\n" + a,
                                  a + "\n" + b + "\n" + a, "x" + a.substr(1)}) {
    EXPECT_THAT(read_keys(text), IsEmpty()) << text;
  }
}

TEST(WebhookEndpoint, IsAPlainHttpsUrl) {
  const auto is_fine = [](const std::string& url, bool allows_http_loopback = false) {
    return checked_endpoint(url, allows_http_loopback).wrong.empty();
  };
  EXPECT_TRUE(is_fine("https://example.com/hook?a=b"));
  EXPECT_TRUE(is_fine("https://example.com:8443"));
  EXPECT_TRUE(is_fine("http://127.0.0.1:8080/hook", true));
  EXPECT_TRUE(is_fine("http://[::1]:8080/hook", true));
  for (const char* url :
       {"", "example.com", "ftp://example.com", "file:///etc/passwd", "http://example.com",
        "https://user@example.com", "https://user:word@example.com", "https://", "https:///hook",
        "https://example.com/a b", "https://example.com/\r\nX: y", "https://例子.中国/",
        "https://example.com/#a", "https://example.com:99999/", "http://127.0.0.1:8080/"}) {
    EXPECT_FALSE(is_fine(url)) << url;
  }
  EXPECT_FALSE(is_fine("http://example.com", true));
  EXPECT_TRUE(is_fine("https://example.com/" + std::string(1'004, 'x')));
  EXPECT_FALSE(is_fine("https://example.com/" + std::string(1'005, 'x')));
}

TEST(WebhookEvent, IsACloudEvent) {
  const pw_message message{
      sizeof(pw_message), 1,       "pack_usage/1",    "a\"b",
      "https://x",        "zh-CN", "pack_usage",      "题",
      "文 \"{{x}}\" 😀",   "",      R"({"level":50})", "2026-11-20T12:00:00.000000Z"};
  const auto event = boost::json::parse(event_of(message, "packwarden").value());
  EXPECT_EQ(event, boost::json::parse(R"({"specversion": "1.0", "id": "pack_usage/1",
      "source": "packwarden", "type": "packwarden.notice.pack_usage",
      "time": "2026-11-20T12:00:00.000000Z", "subject": "a\"b",
      "datacontenttype": "application/json",
      "data": {"account": "a\"b", "language": "zh-CN", "subject": "题",
               "body": "文 \"{{x}}\" 😀", "facts": {"level": 50}}})"));
  for (const char* facts : {"", "[]", "{", "7"}) {
    pw_message wrong = message;
    wrong.facts = facts;
    EXPECT_FALSE(event_of(wrong, "packwarden").has_value()) << facts;
  }
}

struct Row {
  long status;
  const char* retry_after;
  pw_outcome outcome;
  std::uint32_t retry_after_ms;
};

TEST(WebhookAnswer, N6_EachIsSorted) {
  constexpr std::array rows = {
      Row{200, "", PW_OUTCOME_ACCEPTED, 0},
      Row{202, "", PW_OUTCOME_ACCEPTED, 0},
      Row{299, "", PW_OUTCOME_ACCEPTED, 0},
      Row{302, "", PW_OUTCOME_RETRY, 0},
      Row{404, "", PW_OUTCOME_RETRY, 0},
      Row{410, "", PW_OUTCOME_REJECTED, 0},
      Row{408, "7", PW_OUTCOME_RETRY, 7'000},
      Row{425, "", PW_OUTCOME_RETRY, 0},
      Row{429, "120", PW_OUTCOME_RETRY, 120'000},
      Row{429, "Thu, 25 Feb 2021 15:03:10 GMT", PW_OUTCOME_RETRY, 60'000},
      Row{429, "Thu, 25 Feb 2021 15:01:10 GMT", PW_OUTCOME_RETRY, 0},
      Row{429, "99999999999999999999", PW_OUTCOME_RETRY, 86'400'000},
      Row{429, "-5", PW_OUTCOME_RETRY, 0},
      Row{429, "soon", PW_OUTCOME_RETRY, 0},
      Row{500, "", PW_OUTCOME_RETRY, 0},
      Row{503, "1", PW_OUTCOME_RETRY, 1'000},
  };
  for (const Row& row : rows) {
    HttpAnswer answer;
    answer.kind = HttpAnswer::Kind::answered;
    answer.status = row.status;
    answer.retry_after = row.retry_after;
    const auto outcome = sort_answer(answer, kNow);
    EXPECT_EQ(outcome.outcome, row.outcome) << row.status << " " << row.retry_after;
    EXPECT_EQ(outcome.retry_after_ms, row.retry_after_ms) << row.status << " " << row.retry_after;
  }
}

TEST(WebhookAnswer, N6_WhatIsNotKnownIsSentAgain) {
  HttpAnswer answer;
  EXPECT_EQ(sort_answer(answer, kNow).outcome, PW_OUTCOME_RETRY);
  answer.kind = HttpAnswer::Kind::unknown;
  EXPECT_EQ(sort_answer(answer, kNow).outcome, PW_OUTCOME_RETRY);
  answer.status = 200;  // its body did not come
  EXPECT_EQ(sort_answer(answer, kNow).outcome, PW_OUTCOME_ACCEPTED);
  answer.is_forbidden_address = true;
  EXPECT_EQ(sort_answer(answer, kNow).outcome, PW_OUTCOME_REJECTED);
}

}  // namespace
}  // namespace webhook
