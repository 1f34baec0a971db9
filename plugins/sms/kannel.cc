// Kannel's sendsms, with its delivery reports.
#include <fmt/format.h>

#include <stdexcept>

#include "digest.h"
#include "http_client.h"
#include "http_settings.h"
#include "kannel_answer.h"
#include "kannel_dlr.h"
#include "outcome.h"
#include "provider.h"
#include "recipient.h"
#include "report_listener.h"

namespace sms {
namespace {

using pw_plugin::HttpRequest;
using pw_plugin::url_encoded;

constexpr int kAllReports = 31;  // dlr-mask

struct KannelConfig {
  std::string url;
  std::string lane;
  std::string username;
  std::string password;
  std::string from;
  std::string smsc;
  std::string dlr_listen;  // empty: no reports
  std::string dlr_url;     // base, if Kannel reaches the listener under another address
  std::string dlr_secret;
};

class Kannel final : public Provider {
 public:
  Kannel(KannelConfig config, pw_plugin::HttpOptions options, const pw_host& host)
      : config_(std::move(config)), http_(std::move(options)), host_(&host) {
    if (config_.dlr_listen.empty()) return;
    listener_ = std::make_unique<ReportListener>(
        config_.dlr_listen, [this](std::string_view target) { return take_report(target); });
    if (config_.dlr_url.empty()) config_.dlr_url = "http://" + listener_->address() + "/dlr";
    host_->log(host_->context, PW_LOG_INFO,
               ("delivery reports of Kannel come in at " + listener_->address()).c_str());
  }

  void deliver(std::span<const pw_message* const> messages, std::span<pw_result* const> results,
               std::uint32_t deadline_ms) override {
    const auto last_answer = pw_plugin::last_answer_by(deadline_ms);
    std::vector<HttpRequest> requests;
    std::vector<pw_result*> wanted;
    for (std::size_t i = 0; i < messages.size(); ++i) {
      if (is_phone_number(messages[i]->recipient)) {
        requests.push_back(request_of(*messages[i]));
        wanted.push_back(results[i]);
      } else {
        pw_plugin::write_outcome(
            {PW_OUTCOME_REJECTED, "the recipient is no number such as +8613711112222"},
            *results[i]);
      }
    }
    const auto answers = http_.send(requests, last_answer);
    for (std::size_t i = 0; i < answers.size(); ++i) {
      pw_plugin::write_outcome(sort_kannel_answer(answers[i]), *wanted[i]);
    }
  }

  std::string check() override { return http_.reach(config_.url); }

 private:
  HttpRequest request_of(const pw_message& message) const {
    std::string url =
        fmt::format("{}?username={}&password={}&to={}&text={}&charset=UTF-8&coding=2", config_.url,
                    url_encoded(config_.username), url_encoded(config_.password),
                    url_encoded(message.recipient), url_encoded(message.body));
    if (!config_.from.empty()) url += "&from=" + url_encoded(config_.from);
    if (!config_.smsc.empty()) url += "&smsc=" + url_encoded(config_.smsc);
    if (listener_ != nullptr) {
      const std::string dlr_url =
          kannel_dlr_url(config_.dlr_url, config_.dlr_secret, message.idempotency_key);
      url += fmt::format("&dlr-mask={}&dlr-url={}", kAllReports, url_encoded(dlr_url));
    }
    return {std::move(url), {}, "", false, config_.lane};
  }

  // On the listener's thread. Kannel reports again what is not answered with 200.
  unsigned take_report(std::string_view target) const {
    const KannelDlr dlr = read_kannel_dlr(target, config_.dlr_secret);
    if (!dlr.report) {
      const std::string line = fmt::format("refused a delivery report: {}", dlr.http_status);
      host_->log(host_->context, PW_LOG_WARNING, line.c_str());
      return dlr.http_status;
    }
    const int stored = host_->report(host_->context, dlr.report->key.c_str(), dlr.report->report,
                                     dlr.report->detail.c_str());
    return stored == PW_STORE_OK ? 200 : 503;
  }

  KannelConfig config_;
  pw_plugin::HttpClient http_;
  const pw_host* host_;
  std::unique_ptr<ReportListener> listener_;  // ends first: it uses the others
};

void read_url(pw_plugin::Settings& settings, KannelConfig& config) {
  config.url = settings.text("url", "http://127.0.0.1:13013/cgi-bin/sendsms");
  const bool allows_http = settings.flag("allow_http", false);
  const auto target = pw_plugin::http_target_of(config.url);
  if (!target || config.url.find('?') != std::string::npos) {
    settings.refuse(
        "\"url\" is no address of sendsms; write one such as "
        "http://127.0.0.1:13013/cgi-bin/sendsms");
  } else if (!target->is_https && !target->is_loopback && !allows_http) {
    settings.refuse(
        "\"url\" would send the password over the network in the clear; write https://, or "
        "allow_http: true where the network is your own");
  } else {
    config.lane = target->lane;
  }
}

void read_reports(pw_plugin::Settings& settings, KannelConfig& config) {
  config.dlr_listen = settings.text("dlr_listen", "off");
  config.dlr_url = settings.text("dlr_url");
  const bool allows_remote = settings.flag("dlr_allow_remote", false);
  config.dlr_secret = settings.has("dlr_secret_file") ? settings.secret_from_file("dlr_secret_file")
                                                      : config.password;
  if (config.dlr_listen == "off") {
    config.dlr_listen.clear();
    return;
  }
  if (!allows_remote && !is_loopback_address(config.dlr_listen)) {
    settings.refuse(
        "\"dlr_listen\" is no loopback address with a port; write one such as 127.0.0.1:8480, or "
        "dlr_allow_remote: true where Kannel is on another machine");
  }
  if (!config.dlr_url.empty() && (!pw_plugin::http_target_of(config.dlr_url) ||
                                  config.dlr_url.find_first_of("?%") != std::string::npos)) {
    settings.refuse(
        "\"dlr_url\" is no address; write the one under which Kannel reaches dlr_listen, such as "
        "http://packwarden.internal:8480/dlr");
  }
}

}  // namespace

std::unique_ptr<Provider> make_kannel(pw_plugin::Settings& settings, const pw_host& host,
                                      std::string& wrong) {
  KannelConfig config;
  read_url(settings, config);
  config.username = settings.required_text("username");
  config.password = settings.secret_from_file("password_file");
  config.from = settings.text("from");
  config.smsc = settings.text("smsc");
  read_reports(settings, config);
  pw_plugin::HttpOptions options = read_http_options(settings);
  if (const auto fault = settings.finish()) {
    wrong = *fault;
    return nullptr;
  }
  const bool can_report = host.struct_size >= sizeof(pw_host) && host.report != nullptr;
  if (!config.dlr_listen.empty() && !can_report) {
    wrong = "the host takes no delivery reports; write dlr_listen: \"off\"";
    return nullptr;
  }
  return std::make_unique<Kannel>(std::move(config), std::move(options), host);
}

}  // namespace sms
