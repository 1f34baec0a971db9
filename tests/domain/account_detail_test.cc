#include "domain/account_detail.h"

#include <gtest/gtest.h>

#include "domain/muted_notices.h"

namespace packwarden {
namespace {

bool is_good(AccountDetailKind kind, const std::string& value) {
  return !fault_of(AccountDetail{AccountId{1}, kind, value}).has_value();
}

TEST(N4_Details, AWebhookIsAnHttpsUrlOfAHost) {
  const auto good = [](const std::string& url) { return is_good(AccountDetailKind::webhook, url); };
  for (const char* url : {"https://example.com", "https://example.com/notices?a=b&c=%20",
                          "https://h-1.example.com:8443/x", "https://192.0.2.1/x",
                          "https://[2001:db8::1]:8443/x", "https://example.com?x=1", ""}) {
    EXPECT_TRUE(good(url)) << url;
  }
  for (const char* url :
       {"http://example.com/", "https://", "https:///x", "https://user:pw@example.com/",
        "https://user@example.com", "https://example.com/a b", "https://example.com/\r\nX: y",
        "https://example.com/#top", "https://exa{mple.com/", "https://example.com:/x",
        "https://example.com:123456/", "https://example.com:80a/", "https://[]/", "https://[::1",
        "https://[::1]x/", "https://\xE5\xA5\x97.example.com/", "ftp://example.com", "x"}) {
    EXPECT_FALSE(good(url)) << url;
  }
  EXPECT_TRUE(good("https://example.com/" + std::string(234, 'x')));
  EXPECT_FALSE(good("https://example.com/" + std::string(235, 'x')));
}

std::string canonical(std::string_view text) {
  const auto muted = MutedNotices::parse(text);
  return muted ? muted->to_string() : "none";
}

TEST(N4_Details, ChoicesHaveOneForm) {
  EXPECT_EQ(canonical(""), "");
  EXPECT_EQ(canonical("bill/sms"), "bill/sms");
  EXPECT_EQ(canonical("bill/webhook bill/sms pack_usage/*"), "pack_usage/* bill/sms bill/webhook");
  EXPECT_EQ(canonical("bill/webhook bill/sms bill/email"), "bill/*");
  EXPECT_EQ(canonical("*/sms bill/sms"), "*/sms");
  EXPECT_EQ(canonical("*/sms bill/*"), "*/sms bill/*");
  EXPECT_EQ(canonical("*/sms */email */webhook"), "*/*");
  for (const std::string_view text :
       {"*/sms bill/*", "*/*", "pack_usage/* bill/sms bill/webhook"}) {
    EXPECT_EQ(canonical(canonical(text)), canonical(text));
  }
}

TEST(N4_Details, ChoicesAreOfKindsAndMediaButInSite) {
  for (const char* text :
       {"bill", "bill/", "/sms", "bill/inbox", "*/inbox", "bills/sms", "bill/fax", "bill/sms ",
        " bill/sms", "bill/sms  arrears/sms", "bill/sms\n", "BILL/sms"}) {
    EXPECT_EQ(canonical(text), "none") << text;
    EXPECT_FALSE(is_good(AccountDetailKind::muted, text)) << text;
  }
}

TEST(N4_Details, ChoicesAreTakenBack) {
  MutedNotices muted = MutedNotices::parse("*/sms bill/*").value();
  muted.remove(MutedNotices::parse("bill/sms arrears/*").value());
  EXPECT_FALSE(muted.has(NoticeKind::bill, Medium::sms));
  EXPECT_TRUE(muted.has(NoticeKind::bill, Medium::email));
  EXPECT_TRUE(muted.has(NoticeKind::pack_usage, Medium::sms));
  EXPECT_FALSE(muted.has(NoticeKind::arrears, Medium::sms));
}

TEST(N4_Details, MoreChoicesThanARowHoldsAreRefused) {
  std::string most;
  for (const NoticeKind kind : all_notice_kinds) {
    if (kind == NoticeKind::bill) continue;
    for (const char* medium : {"sms", "webhook"}) {
      most += (most.empty() ? "" : " ") + std::string(name_of(kind)) + "/" + medium;
    }
  }
  EXPECT_TRUE(MutedNotices::parse(most).has_value());
  EXPECT_FALSE(is_good(AccountDetailKind::muted, most));
}

}  // namespace
}  // namespace packwarden
