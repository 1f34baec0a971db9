#include "notices/notice_policy.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace packwarden {
namespace {

constexpr Instant now = Instant::from_micros(1'795'176'000'000'000);

NoticePolicy with_channels() {
  NoticePolicy policy;
  policy.set_channels({{"messages", Medium::inbox, Span::days(1)},
                       {"sms", Medium::sms, Span::days(2)},
                       {"sms-old", Medium::sms, Span::days(2)},
                       {"mail", Medium::email, Span::days(3)},
                       {"webhook", Medium::webhook, Span::days(4)}});
  return policy;
}

Contacts all_contacts() {
  return {AccountId{1}, "en", "a@example.com", "+8613812345678", "https://example.com/n", {}};
}

// "channel recipient useful_for_s" of each, with ~ where it can wait.
std::string told(const NoticePolicy& policy, NoticeKind kind, const Contacts& contacts,
                 std::optional<Instant> expires_at = std::nullopt) {
  std::string text;
  for (const Delivery& one : policy.deliveries_of(kind, contacts, now, expires_at)) {
    text += fmt::format("{}{}", text.empty() ? "" : ", ", one.channel);
    if (!one.recipient.empty()) text += fmt::format(" {}", one.recipient);
    if (one.useful_for) text += fmt::format(" {}", one.useful_for->nanos / 1'000'000'000);
    if (one.can_wait) text += "~";
  }
  return text;
}

TEST(N4_Policy, GoesOverTheMediaOfTheKindToTheContactsOfTheAccount) {
  EXPECT_EQ(told(with_channels(), NoticeKind::bill, all_contacts()),
            "messages~, mail a@example.com 259200~, webhook https://example.com/n 345600~");
  EXPECT_EQ(told(with_channels(), NoticeKind::arrears, all_contacts()),
            "messages, sms +8613812345678 172800, mail a@example.com 259200, webhook "
            "https://example.com/n 345600");
}

TEST(N4_Policy, InSiteIsAlwaysStored) {
  EXPECT_EQ(told(NoticePolicy(), NoticeKind::bill, {}), "inbox~");
  EXPECT_EQ(told(with_channels(), NoticeKind::bill, {}), "messages~");
  NoticePolicy policy;
  policy.set_media(NoticeKind::bill, {});
  EXPECT_EQ(told(policy, NoticeKind::bill, all_contacts()), "inbox~");
}

TEST(N4_Policy, DoesWhatTheAccountChose) {
  Contacts contacts = all_contacts();
  contacts.muted = MutedNotices::parse("bill/email arrears/*").value();
  EXPECT_EQ(told(with_channels(), NoticeKind::bill, contacts),
            "messages~, webhook https://example.com/n 345600~");
  EXPECT_EQ(told(with_channels(), NoticeKind::arrears, contacts), "messages");
}

TEST(N3_Policy, AKindThatIsOffGoesNowhere) {
  NoticePolicy policy = with_channels();
  policy.turn_off(NoticeKind::bill);
  EXPECT_TRUE(policy.is_off(NoticeKind::bill));
  EXPECT_FALSE(policy.is_off(NoticeKind::arrears));
  EXPECT_EQ(told(policy, NoticeKind::bill, all_contacts()), "");
}

TEST(N6_Policy, OfAPackIsOfUseUntilItsExpiry) {
  Contacts contacts;
  contacts.phone = "+8613812345678";
  const auto told_with = [&](NoticeKind kind, Instant expires_at) {
    return told(with_channels(), kind, contacts, expires_at);
  };
  EXPECT_EQ(told_with(NoticeKind::pack_expiring, now + Span::days(1)),
            "messages~, sms +8613812345678 86400~");
  EXPECT_EQ(told_with(NoticeKind::pack_expiring, now + Span::days(3)),
            "messages~, sms +8613812345678 172800~");
  EXPECT_EQ(told_with(NoticeKind::pack_usage, now - Span::seconds(5)),
            "messages~, sms +8613812345678 -5~")
      << "late usage of a pack that is over";
  EXPECT_EQ(told_with(NoticeKind::pack_expired, now - Span::seconds(5)),
            "messages~, sms +8613812345678 172800~")
      << "which comes after it";
}

TEST(N7_Policy, UrgentKindsDoNotWait) {
  NoticePolicy policy;
  EXPECT_EQ(told(policy, NoticeKind::service_stopped, {}), "inbox");
  constexpr std::array urgent{NoticeKind::bill};
  policy.set_urgent(urgent);
  EXPECT_EQ(told(policy, NoticeKind::service_stopped, {}), "inbox~");
  EXPECT_EQ(told(policy, NoticeKind::bill, {}), "inbox");
}

}  // namespace
}  // namespace packwarden
