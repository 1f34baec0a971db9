#include <gmock/gmock.h>

#include <array>
#include <fstream>
#include <map>
#include <sstream>

#include "digest.h"
#include "plugins/support/plugin_settings.h"
#include "sms/tencent_answer.h"
#include "sms/tencent_calls.h"
#include "sms/tencent_codes.h"
#include "sms/tencent_signature.h"
#include "sms/tencent_templates.h"
#include "support/places.h"

namespace sms {
namespace {

using pw_plugin::HttpAnswer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::array kNames = {"unknown", "accepted", "rejected", "retry", "hold"};

TEST(TencentSignature, IsThatOfThePublishedExample) {
  const Tc3Request request{
      .secret_id = "id",
      .secret_key = std::string(32, '*'),
      .service = "cvm",
      .host = "cvm.tencentcloudapi.com",
      .action = "DescribeInstances",
      .content_type = "application/json; charset=utf-8",
      .body = R"({"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": )"
              R"("instance-name"}]})",
      .timestamp_s = 1'551'113'065};
  const Tc3Signature signature = sign_tc3(request);
  EXPECT_EQ(signature.body_hash,
            "35e9c5b0e3ae67532d3c9f17ead6c90222632e5b1ff7f6e89887f1398934f064");
  EXPECT_EQ(signature.canonical_hash,
            "7019a55be8395899b900fb5564e4200d984910f34794a27cb3fb7d10ff6a1e84");
  EXPECT_EQ(signature.signature,
            "10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f");
  EXPECT_EQ(signature.authorization,
            "TC3-HMAC-SHA256 Credential=id/2019-02-25/cvm/tc3_request, "
            "SignedHeaders=content-type;host;x-tc-action, Signature=" +
                signature.signature);
}

std::map<std::string, std::string> wanted_outcomes() {
  std::ifstream file(packwarden::source_dir() + "/tests/plugins/tencent_codes.txt");
  std::map<std::string, std::string> wanted;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    const auto space = line.find(' ');
    wanted.emplace(line.substr(0, space), line.substr(space + 1));
  }
  return wanted;
}

TEST(TencentCodes, N6_EachCodeIsSorted) {
  const auto wanted = wanted_outcomes();
  ASSERT_GT(wanted.size(), 90u);
  for (const auto& [code, outcome] : wanted) {
    EXPECT_EQ(kNames.at(tencent_code(code).outcome), outcome) << code;
  }
  for (const TencentCode& row : tencent_codes()) {
    const bool is_family = row.code.find('.') == std::string_view::npos;
    EXPECT_TRUE(is_family || wanted.contains(std::string(row.code)))
        << row.code << " is not in tencent_codes.txt";
  }
}

TEST(TencentCodes, N6_WhatAPersonMustDoIsSaid) {
  for (const TencentCode& row : tencent_codes()) {
    EXPECT_EQ(row.todo.empty() && row.outcome == PW_OUTCOME_HOLD, false) << row.code;
  }
  EXPECT_EQ(tencent_code("LimitExceeded.PhoneNumberThirtySecondLimit").retry_after_s, 30u);
  EXPECT_THAT(tencent_code("AuthFailure.SignatureExpire").todo, HasSubstr("clock"));
}

HttpAnswer answered(long status, const std::string& body) {
  HttpAnswer answer;
  answer.kind = HttpAnswer::Kind::answered;
  answer.status = status;
  answer.body = body;
  return answer;
}

const std::vector<std::string> kTwo = {"+8613711112222", "+8613711113333"};

std::string entry(const std::string& number, const std::string& code) {
  return R"({"SerialNo":"s-)" + number + R"(","PhoneNumber":")" + number + R"(","Code":")" + code +
         R"(","Message":"m"})";
}

std::vector<std::string> sorted(const HttpAnswer& answer) {
  std::vector<std::string> names;
  for (const auto& outcome : sort_tencent_answer(answer, kTwo)) {
    names.emplace_back(kNames.at(outcome.outcome));
  }
  return names;
}

std::string set_of(const std::string& entries) {
  return R"({"Response":{"SendStatusSet":[)" + entries + "]}}";
}

TEST(TencentAnswer, IsReadByNumberNotByOrder) {
  const auto answer =
      answered(200, set_of(entry(kTwo[1], "Ok") + "," +
                           entry(kTwo[0], "FailedOperation.PhoneNumberInBlacklist")));
  EXPECT_THAT(sorted(answer), ElementsAre("rejected", "accepted"));
  EXPECT_EQ(sort_tencent_answer(answer, kTwo)[1].detail, "s-+8613711113333");
}

TEST(TencentAnswer, N6_IsUnknownForNumbersThatItDoesNotSettle) {
  EXPECT_THAT(sorted(answered(200, set_of(entry(kTwo[1], "Ok")))),
              ElementsAre("unknown", "accepted"));
  EXPECT_THAT(sorted(answered(200, set_of(entry(kTwo[0], "Ok") + "," + entry(kTwo[0], "Ok")))),
              ElementsAre("unknown", "unknown"));
  EXPECT_THAT(sorted(answered(200, set_of(entry(kTwo[0], "")))), ElementsAre("unknown", "unknown"));
}

TEST(TencentAnswer, N6_IsUnknownIfItIsNoAnswerOfSendSms) {
  for (const char* body : {"", "<html>", "[]", "{}", R"({"Response":7})", R"({"Response":{}})",
                           R"({"Response":{"SendStatusSet":[7]}})", R"({"Response":{"Error":7}})",
                           R"({"Response":{"SendStatusSet":[)"}) {
    EXPECT_THAT(sorted(answered(200, body)), ElementsAre("unknown", "unknown")) << body;
    EXPECT_THAT(sorted(answered(502, body)), ElementsAre("unknown", "unknown")) << body;
  }
  EXPECT_THAT(sorted(answered(429, "slow down")), ElementsAre("retry", "retry"));
  EXPECT_THAT(sorted(answered(404, "<html>")), ElementsAre("hold", "hold"));
}

TEST(TencentAnswer, N6_WhatWasNotSentIsRetriedAndWhatWasNotAnsweredIsUnknown) {
  HttpAnswer answer;
  answer.error = "not resolved";
  EXPECT_THAT(sorted(answer), ElementsAre("retry", "retry"));
  answer.kind = HttpAnswer::Kind::unknown;
  answer.status = 200;
  EXPECT_THAT(sorted(answer), ElementsAre("unknown", "unknown"));
}

struct Batch {
  explicit Batch(std::vector<pw_message> given) : messages(std::move(given)) {
    results.resize(messages.size());
    for (std::size_t i = 0; i < messages.size(); ++i) {
      message_pointers.push_back(&messages[i]);
      result_pointers.push_back(&results[i]);
    }
  }

  std::vector<TencentCall> calls(
      const std::vector<std::pair<std::string, std::string>>& templates) {
    auto settings = pw_plugin::settings_of(templates);
    return tencent_calls(TencentTemplates(settings), message_pointers, result_pointers);
  }

  std::vector<pw_message> messages;
  std::vector<pw_result> results;
  std::vector<const pw_message*> message_pointers;
  std::vector<pw_result*> result_pointers;
};

pw_message message(const char* recipient, const char* facts = R"({"level":50,"product":"验证码"})",
                   const char* language = "zh-CN") {
  return {sizeof(pw_message), 1,  "the-key", "acme", recipient, language,
          "pack_usage",       "", "text",    "",     facts,     "2026-11-20T12:00:00Z"};
}

const std::vector<std::pair<std::string, std::string>> kTemplates = {
    {"template_pack_usage_zh-CN", "1234567 product level"}, {"template_test_en", "7"}};

TEST(TencentCalls, ShareOneTextAndNothingElse) {
  Batch batch({message("+8613711112222"), message("+8613711113333"),
               message("+8613711114444", R"({"level":70,"product":"验证码"})"),
               message("+85261112222"), message("+8613711112222")});
  const auto calls = batch.calls(kTemplates);
  ASSERT_EQ(calls.size(), 4u);
  EXPECT_THAT(calls[0].numbers, ElementsAre("+8613711112222", "+8613711113333"));
  EXPECT_EQ(calls[0].template_id, "1234567");
  EXPECT_THAT(calls[0].parameters, ElementsAre("验证码", "50"));
  EXPECT_EQ(calls[0].session_context, "the-key");
  EXPECT_THAT(calls[1].parameters, ElementsAre("验证码", "70"));
  EXPECT_THAT(calls[2].numbers, ElementsAre("+85261112222"));
  EXPECT_THAT(calls[3].indices, ElementsAre(4u)) << "a number stands once in a call";
}

TEST(TencentCalls, HaveAtMost200Numbers) {
  std::vector<std::string> numbers;
  for (int i = 0; i < 201; ++i) numbers.push_back("+86137111" + std::to_string(10'000 + i));
  std::vector<pw_message> messages;
  for (const auto& number : numbers) messages.push_back(message(number.c_str()));
  const auto calls = Batch(std::move(messages)).calls(kTemplates);
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_EQ(calls[0].numbers.size(), 200u);
}

TEST(TencentCalls, LeaveOutWhatHasNoTemplateOrNoFact) {
  Batch batch({message("+8613711112222", "{}", "en"), message("+8613711112222", R"({"level":50})"),
               message("+8613711112222", R"({"level":50,"product":[1]})"), message("13711112222")});
  EXPECT_THAT(batch.calls(kTemplates), IsEmpty());
  EXPECT_EQ(batch.results[0].outcome, PW_OUTCOME_REJECTED);
  EXPECT_THAT(batch.results[0].reason, HasSubstr("template_pack_usage_en"));
  EXPECT_EQ(batch.results[1].outcome, PW_OUTCOME_HOLD);
  EXPECT_THAT(batch.results[1].reason, HasSubstr("no fact \"product\""));
  EXPECT_EQ(batch.results[2].outcome, PW_OUTCOME_HOLD);
  EXPECT_EQ(batch.results[3].outcome, PW_OUTCOME_REJECTED);
}

TEST(TencentTemplates, RefusesWhatIsNoTemplate) {
  for (const char* value : {"", "product 7", "12x", "7 product  level", "7 "}) {
    auto settings = pw_plugin::settings_of({{"template_test_en", value}});
    const TencentTemplates templates(settings);
    EXPECT_THAT(settings.finish().value_or(""), HasSubstr("template_test_en")) << value;
  }
  auto none = pw_plugin::settings_of({});
  const TencentTemplates templates(none);
  EXPECT_THAT(none.finish().value_or(""), HasSubstr("no template is set"));
}

}  // namespace
}  // namespace sms
