#include <gmock/gmock.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "http_client.h"
#include "plugins/support/plugin_settings.h"
#include "sms/kannel_answer.h"
#include "sms/kannel_dlr.h"
#include "sms/provider.h"
#include "sms/recipient.h"
#include "sms/report_listener.h"

namespace sms {
namespace {

using pw_plugin::HttpAnswer;

constexpr const char* kSecret = "secret";

TEST(SmsRecipient, IsWhatE164SaysAndNothingElse) {
  for (const char* number : {"+861371", "+8613711112222", "+123456789012345"}) {
    EXPECT_TRUE(is_phone_number(number)) << number;
  }
  const std::vector<std::string> others = {"",
                                           "+",
                                           "+12345",
                                           "+1234567890123456",
                                           "8613711112222",
                                           "0086137111122",
                                           "+0613711112222",
                                           "+86 13711112222",
                                           "+8613711112222\r\nX: y",
                                           "+8613711112222\n",
                                           std::string("+861371111\0002222", 15),
                                           "+86137&to=+8613711112222",
                                           "+８６１３７１１１１２２２２",
                                           "+٨٦١٣٧١١١١٢٢٢٢",
                                           "+" + std::string(10'000, '1')};
  for (const auto& text : others) EXPECT_FALSE(is_phone_number(text)) << text;
}

struct Row {
  long status;
  const char* body;
  pw_outcome outcome;
};

TEST(KannelAnswer, N6_EachIsSorted) {
  constexpr std::array rows = {
      Row{202, "0: Accepted for delivery", PW_OUTCOME_ACCEPTED},
      Row{202, "3: Queued for later delivery", PW_OUTCOME_ACCEPTED},
      Row{202, "Sent.", PW_OUTCOME_ACCEPTED},
      Row{202, "", PW_OUTCOME_UNKNOWN},
      Row{200, "<html>welcome</html>", PW_OUTCOME_UNKNOWN},
      Row{302, "", PW_OUTCOME_HOLD},
      Row{400, "Sender missing and no global set, rejected", PW_OUTCOME_HOLD},
      Row{400, "DLR-URL field misformed, rejected", PW_OUTCOME_HOLD},
      Row{400, "Empty receiver number not allowed, rejected", PW_OUTCOME_REJECTED},
      Row{401, "", PW_OUTCOME_HOLD},
      Row{403, "Authorization failed for sendsms", PW_OUTCOME_HOLD},
      Row{403, "Not routable. Do not try again.", PW_OUTCOME_REJECTED},
      Row{403, "Number(s) has/have been denied by white- and/or black-lists.", PW_OUTCOME_REJECTED},
      Row{404, "Unknown request.", PW_OUTCOME_HOLD},
      Row{408, "", PW_OUTCOME_RETRY},
      Row{429, "", PW_OUTCOME_RETRY},
      Row{500, "Sending failed.", PW_OUTCOME_RETRY},
      Row{500, "oops", PW_OUTCOME_UNKNOWN},
      Row{502, "", PW_OUTCOME_UNKNOWN},
      Row{503, "Temporal failure, try again later.", PW_OUTCOME_RETRY},
  };
  for (const Row& row : rows) {
    HttpAnswer answer;
    answer.kind = HttpAnswer::Kind::answered;
    answer.status = row.status;
    answer.body = row.body;
    EXPECT_EQ(sort_kannel_answer(answer).outcome, row.outcome) << row.status << " " << row.body;
  }
}

TEST(KannelAnswer, N6_WhatWasNotSentIsRetriedAndWhatWasNotAnsweredIsUnknown) {
  HttpAnswer answer;
  EXPECT_EQ(sort_kannel_answer(answer).outcome, PW_OUTCOME_RETRY);
  answer.kind = HttpAnswer::Kind::unknown;
  answer.status = 202;
  EXPECT_EQ(sort_kannel_answer(answer).outcome, PW_OUTCOME_UNKNOWN);
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  return text.replace(text.find(what), what.size(), with);
}

std::string called_url(const std::string& type) {
  const std::string url = kannel_dlr_url("/dlr", kSecret, "pack_usage/1/%&=\"'账/50");
  return replaced(replaced(url, "%d", type), "%A", "NACK%2F0x0b%2F");
}

TEST(KannelReport, ComesBackWithItsKey) {
  const std::string url = kannel_dlr_url("/dlr", kSecret, "pack_usage/1/%&=\"'账/50");
  EXPECT_EQ(std::count(url.begin(), url.end(), '%'), 2) << "Kannel fills each % in: " << url;
  const auto dlr = read_kannel_dlr(called_url("16"), kSecret);
  ASSERT_TRUE(dlr.report.has_value());
  EXPECT_EQ(dlr.report->key, "pack_usage/1/%&=\"'账/50");
  EXPECT_EQ(dlr.report->report, PW_REPORT_FAILED);
  EXPECT_EQ(dlr.report->detail, "refused by the centre: NACK/0x0b/");
}

TEST(KannelReport, EachTypeIsSorted) {
  const auto report = [](const char* type) {
    return read_kannel_dlr(called_url(type), kSecret).report->report;
  };
  EXPECT_EQ(report("1"), PW_REPORT_DELIVERED);
  EXPECT_EQ(report("2"), PW_REPORT_FAILED);
  EXPECT_EQ(report("4"), PW_REPORT_PENDING);
  EXPECT_EQ(report("8"), PW_REPORT_PENDING);
  EXPECT_EQ(report("16"), PW_REPORT_FAILED);
  EXPECT_EQ(read_kannel_dlr(called_url("3"), kSecret).http_status, 400u);
}

TEST(KannelReport, OfStrangersIsRefused) {
  const std::string good = called_url("1");
  ASSERT_TRUE(read_kannel_dlr(good, kSecret).report.has_value());
  EXPECT_EQ(read_kannel_dlr(good, "another secret").http_status, 403u);
  EXPECT_EQ(read_kannel_dlr(replaced(good, "key=70", "key=71"), kSecret).http_status, 403u);
  EXPECT_EQ(read_kannel_dlr(replaced(good, "key=70", "key=7x"), kSecret).http_status, 403u);
  EXPECT_EQ(read_kannel_dlr(replaced(good, "token=", "nothing="), kSecret).http_status, 403u);
  EXPECT_EQ(read_kannel_dlr("/dlr?", kSecret).http_status, 403u);
  EXPECT_EQ(read_kannel_dlr("/dlr", kSecret).http_status, 404u);
}

TEST(KannelReport, ListenerSaysWhatIsWrongWithItsAddress) {
  for (const char* address : {"", "8480", "localhost:8480", "127.0.0.1:", "127.0.0.1:99999"}) {
    EXPECT_THROW(ReportListener(address, [](auto) { return 200u; }), std::runtime_error) << address;
  }
  const ReportListener first("127.0.0.1:0", [](auto) { return 200u; });
  EXPECT_THROW(ReportListener(first.address(), [](auto) { return 200u; }), std::runtime_error);
  EXPECT_TRUE(is_loopback_address("[::1]:1"));
  EXPECT_FALSE(is_loopback_address("0.0.0.0:1"));
}

// A host that keeps what is reported, or cannot.
struct Host {
  Host() : host{sizeof(pw_host), PW_NOTIFIER_ABI_VERSION, this, log, nullptr, report} {}

  static void log(void* context, int, const char* text) {
    const std::string line = text;
    constexpr std::string_view before = "come in at ";
    const auto found = line.find(before);
    if (found == std::string::npos) return;
    static_cast<Host*>(context)->address = line.substr(found + before.size());
  }

  static int report(void* context, const char* key, int report, const char* detail) {
    auto* self = static_cast<Host*>(context);
    if (self->is_down) return PW_STORE_ERROR;
    self->reports.push_back(std::to_string(report) + " " + key + " " + detail);
    return PW_STORE_OK;
  }

  pw_host host;
  std::string address;
  std::vector<std::string> reports;
  std::atomic<bool> is_down = false;
};

TEST(KannelReport, IsAnsweredWith200OnlyOnceItIsStored) {
  const std::string secret_file = testing::TempDir() + "kannel_secret";
  std::ofstream(secret_file) << kSecret << "\n";
  ASSERT_EQ(chmod(secret_file.c_str(), 0600), 0);
  auto settings = pw_plugin::settings_of(
      {{"username", "u"}, {"password_file", secret_file}, {"dlr_listen", "127.0.0.1:0"}});
  Host host;
  std::string wrong;
  const auto kannel = make_kannel(settings, host.host, wrong);
  ASSERT_NE(kannel, nullptr) << wrong;
  pw_plugin::HttpClient http({});
  const auto status_of = [&](const std::string& target) {
    pw_plugin::HttpRequest request;
    request.url = "http://" + host.address + target;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    return http.send({&request, 1}, deadline).front().status;
  };
  const std::string report =
      replaced(replaced(kannel_dlr_url("/dlr", kSecret, "key"), "%d", "1"), "%A", "");
  host.is_down = true;
  EXPECT_EQ(status_of(report), 503);
  host.is_down = false;
  EXPECT_EQ(status_of(report), 200);
  EXPECT_EQ(status_of(report + "1"), 200) << "an answer that the centre gave";
  EXPECT_EQ(status_of(replaced(report, "token=", "token=0")), 403);
  EXPECT_THAT(host.reports, testing::ElementsAre("1 key delivered to the phone",
                                                 "1 key delivered to the phone: 1"));
}

struct Wrong {
  const char* key;
  const char* value;
  const char* because;
};

TEST(KannelSettings, N4_SayWhatIsWrong) {
  const std::string secret_file = testing::TempDir() + "kannel_secret";
  std::ofstream(secret_file) << kSecret << "\n";
  ASSERT_EQ(chmod(secret_file.c_str(), 0600), 0);
  constexpr std::array rows = {
      Wrong{"url", "http://10.0.0.1:13013/cgi-bin/sendsms", "in the clear"},
      Wrong{"url", "sms.example", "no address of sendsms"},
      Wrong{"url", "https://sms.example/?a=b", "no address of sendsms"},
      Wrong{"dlr_listen", "0.0.0.0:8480", "dlr_allow_remote"},
      Wrong{"dlr_listen", "on", "127.0.0.1:8480"},
      Wrong{"sdk_app_id", "1", "there is no setting sdk_app_id"},
  };
  for (const Wrong& row : rows) {
    auto settings = pw_plugin::settings_of(
        {{"username", "u"}, {"password_file", secret_file}, {row.key, row.value}});
    Host host;
    std::string wrong;
    EXPECT_EQ(make_kannel(settings, host.host, wrong), nullptr);
    EXPECT_THAT(wrong, testing::HasSubstr(row.because)) << row.key;
  }
}

}  // namespace
}  // namespace sms
