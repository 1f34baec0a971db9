#include "notices/notice_policy.h"

#include <algorithm>

namespace packwarden {
namespace {

constexpr std::array all_outside{Medium::sms, Medium::email, Medium::webhook};
constexpr std::array without_sms{Medium::email, Medium::webhook};
constexpr std::array shipped_urgent{NoticeKind::pack_used_up, NoticeKind::service_stopped,
                                    NoticeKind::service_resumed, NoticeKind::postpaid_failed,
                                    NoticeKind::arrears};
constexpr std::string_view usual_inbox = "inbox";

bool goes_by_sms(NoticeKind kind) {
  return kind != NoticeKind::bill && kind != NoticeKind::refund_step &&
         kind != NoticeKind::postpaid_on;
}

// After the expiry nobody needs to hear how the pack stood.
bool is_of_use_until_expiry(NoticeKind kind) {
  return kind == NoticeKind::pack_usage || kind == NoticeKind::pack_used_up ||
         kind == NoticeKind::pack_expiring;
}

}  // namespace

NoticePolicy::NoticePolicy() {
  for (const NoticeKind kind : all_notice_kinds) {
    set_media(kind, goes_by_sms(kind) ? std::span<const Medium>(all_outside) : without_sms);
  }
  set_urgent(shipped_urgent);
}

void NoticePolicy::turn_off(NoticeKind kind) {
  kinds_[static_cast<std::size_t>(kind)].is_off = true;
}

void NoticePolicy::set_media(NoticeKind kind, std::span<const Medium> media) {
  Kind& its = kinds_[static_cast<std::size_t>(kind)];
  its.over = {};
  for (const Medium medium : media) its.over[static_cast<std::size_t>(medium)] = true;
}

void NoticePolicy::set_urgent(std::span<const NoticeKind> kinds) {
  for (Kind& kind : kinds_) kind.is_urgent = false;
  for (const NoticeKind kind : kinds) kinds_[static_cast<std::size_t>(kind)].is_urgent = true;
}

const NoticeChannel* NoticePolicy::channel_of(Medium medium) const {
  const auto at = std::find_if(channels_.begin(), channels_.end(),
                               [&](const NoticeChannel& one) { return one.medium == medium; });
  return at == channels_.end() ? nullptr : &*at;
}

std::vector<Delivery> NoticePolicy::deliveries_of(NoticeKind kind, const Contacts& contacts,
                                                  Instant now,
                                                  std::optional<Instant> expires_at) const {
  const Kind& its = of(kind);
  std::vector<Delivery> deliveries;
  if (its.is_off) return deliveries;
  const NoticeChannel* inbox = channel_of(Medium::inbox);
  deliveries.push_back({inbox == nullptr ? usual_inbox : std::string_view(inbox->name),
                        Medium::inbox, "", !its.is_urgent, std::nullopt});
  for (const Medium medium : all_outside) {
    if (!its.over[static_cast<std::size_t>(medium)] || contacts.muted.has(kind, medium)) continue;
    const NoticeChannel* channel = channel_of(medium);
    const std::string_view recipient = contact_of(contacts, medium);
    if (channel == nullptr || recipient.empty()) continue;
    Span useful_for = channel->useful_for;
    if (expires_at && is_of_use_until_expiry(kind)) {
      useful_for = std::min(useful_for, *expires_at - now);
    }
    deliveries.push_back({channel->name, medium, recipient, !its.is_urgent, useful_for});
  }
  return deliveries;
}

std::string_view contact_of(const Contacts& contacts, Medium medium) {
  switch (medium) {
    case Medium::sms:
      return contacts.phone;
    case Medium::email:
      return contacts.email;
    case Medium::webhook:
      return contacts.webhook;
    case Medium::inbox:
      break;
  }
  return {};
}

}  // namespace packwarden
