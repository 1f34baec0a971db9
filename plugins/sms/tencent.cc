// Tencent Cloud, SendSms of version 2021-01-11.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <chrono>

#include "http_client.h"
#include "http_settings.h"
#include "outcome.h"
#include "provider.h"
#include "tencent_answer.h"
#include "tencent_calls.h"
#include "tencent_signature.h"
#include "tencent_templates.h"

namespace sms {
namespace {

namespace json = boost::json;
using pw_plugin::HttpRequest;

constexpr const char* kContentType = "application/json; charset=utf-8";
constexpr const char* kVersion = "2021-01-11";

struct TencentConfig {
  std::string secret_id;
  std::string secret_key;
  std::string sdk_app_id;
  std::string sign_name;
  std::string sender_id;
  std::string region;
  std::string endpoint;
  std::string host;
};

class Tencent final : public Provider {
 public:
  Tencent(TencentConfig config, TencentTemplates templates, pw_plugin::HttpOptions options)
      : config_(std::move(config)), templates_(std::move(templates)), http_(std::move(options)) {}

  void deliver(std::span<const pw_message* const> messages, std::span<pw_result* const> results,
               std::uint32_t deadline_ms) override {
    const auto last_answer = pw_plugin::last_answer_by(deadline_ms);
    const std::vector<TencentCall> calls = tencent_calls(templates_, messages, results);
    std::vector<HttpRequest> requests;
    for (const TencentCall& call : calls) requests.push_back(request_of(call));
    const auto answers = http_.send(requests, last_answer);
    for (std::size_t c = 0; c < calls.size(); ++c) {
      const auto outcomes = sort_tencent_answer(answers[c], calls[c].numbers);
      for (std::size_t n = 0; n < outcomes.size(); ++n) {
        pw_plugin::write_outcome(outcomes[n], *results[calls[c].indices[n]]);
      }
    }
  }

  std::string check() override { return http_.reach(config_.endpoint); }

 private:
  HttpRequest request_of(const TencentCall& call) const {
    const std::int64_t now_s = std::chrono::duration_cast<std::chrono::seconds>(
                                   std::chrono::system_clock::now().time_since_epoch())
                                   .count();
    std::string body = body_of(call);
    const Tc3Signature signature = sign_tc3({config_.secret_id, config_.secret_key, "sms",
                                             config_.host, "SendSms", kContentType, body, now_s});
    return {config_.endpoint,
            {fmt::format("Authorization: {}", signature.authorization),
             fmt::format("Content-Type: {}", kContentType), "Host: " + config_.host,
             "X-TC-Action: SendSms", fmt::format("X-TC-Timestamp: {}", now_s),
             fmt::format("X-TC-Version: {}", kVersion), "X-TC-Region: " + config_.region},
            std::move(body),
            true,
            config_.host};
  }

  std::string body_of(const TencentCall& call) const {
    json::object body{{"PhoneNumberSet", json::value_from(call.numbers)},
                      {"SmsSdkAppId", config_.sdk_app_id},
                      {"TemplateId", call.template_id},
                      {"TemplateParamSet", json::value_from(call.parameters)},
                      {"SessionContext", call.session_context}};
    if (!config_.sign_name.empty()) body["SignName"] = config_.sign_name;
    if (!config_.sender_id.empty()) body["SenderId"] = config_.sender_id;
    return json::serialize(body);
  }

  TencentConfig config_;
  TencentTemplates templates_;
  pw_plugin::HttpClient http_;
};

void read_endpoint(pw_plugin::Settings& settings, TencentConfig& config) {
  config.endpoint = settings.text("endpoint", "https://sms.tencentcloudapi.com");
  const auto target = pw_plugin::http_target_of(config.endpoint);
  const bool is_bare = target && config.endpoint.ends_with("://" + target->authority);
  if (!is_bare || (!target->is_https && !target->is_loopback)) {
    settings.refuse(
        "\"endpoint\" is no address of SendSms; write https:// and a host (and port), such as "
        "https://sms.tencentcloudapi.com");
    return;
  }
  config.host = target->authority;
}

}  // namespace

std::unique_ptr<Provider> make_tencent(pw_plugin::Settings& settings, std::string& wrong) {
  TencentConfig config;
  config.secret_id = settings.required_text("secret_id");
  config.secret_key = settings.secret_from_file("secret_key_file");
  config.sdk_app_id = settings.required_text("sdk_app_id");
  config.sign_name = settings.text("sign_name");
  config.sender_id = settings.text("sender_id");
  config.region = settings.text("region", "ap-guangzhou");
  read_endpoint(settings, config);
  TencentTemplates templates(settings);
  pw_plugin::HttpOptions options = read_http_options(settings);
  if (const auto fault = settings.finish()) {
    wrong = *fault;
    return nullptr;
  }
  return std::make_unique<Tencent>(std::move(config), std::move(templates), std::move(options));
}

}  // namespace sms
