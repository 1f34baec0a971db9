#include "usecases/notice_writing.h"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

namespace packwarden {
namespace {

std::vector<AccountId> accounts_to_tell(std::span<const UsageNotice> notices) {
  std::vector<AccountId> accounts;
  for (const UsageNotice& one : notices) {
    if (!one.notice.superseded) accounts.push_back(one.notice.account);
  }
  std::sort(accounts.begin(), accounts.end());
  accounts.erase(std::unique(accounts.begin(), accounts.end()), accounts.end());
  return accounts;
}

}  // namespace

NoticeWrite write_notice(const NoticeRules& rules, const Notice& notice, const NoticeFacts& facts,
                         const Contacts& contacts, Instant now, std::optional<Instant> expires_at) {
  NoticeWrite write{notice, std::string(facts.account), {}};
  if (notice.superseded) return write;
  const std::string language(notice_language(contacts.language));
  std::string facts_json;
  for (const Delivery& delivery :
       rules.policy.deliveries_of(notice.kind, contacts, now, expires_at)) {
    DeliveryWrite& out = write.deliveries.emplace_back();
    out.medium = delivery.medium;
    out.channel = delivery.channel;
    out.recipient = delivery.recipient;
    out.language = language;
    NoticeText text = rules.texts.render(delivery.medium, language, notice.kind, facts);
    out.subject = std::move(text.subject);
    out.body = std::move(text.body);
    out.html = std::move(text.html);
    out.can_wait = delivery.can_wait;
    out.useful_for = delivery.useful_for;
    if (delivery.medium == Medium::inbox) continue;  // it stores texts alone
    if (facts_json.empty()) facts_json = json_of(notice.kind, facts);
    out.facts = facts_json;
  }
  return write;
}

std::string json_of(NoticeKind kind, const NoticeFacts& facts) {
  const NoticeValues values(kind, facts);
  boost::json::object object;
  for (const NoticeVariable variable : variables_of(kind)) {
    const std::string_view name = notice_variable_names[static_cast<std::size_t>(variable)];
    const std::string_view text = values.of(variable);
    if (is_number(variable)) {
      object.emplace(name, std::stoll(std::string(text)));
    } else {
      object.emplace(name, text);
    }
  }
  return boost::json::serialize(object);
}

namespace {

std::vector<NoticeWrite> written(LedgerTransaction& transaction, const NoticeRules& rules,
                                 const BusinessCalendar& calendar,
                                 std::span<const UsageNotice> notices, Instant now) {
  std::vector<NoticeWrite> writes;
  writes.reserve(notices.size());
  const std::vector<AccountId> accounts = accounts_to_tell(notices);
  const std::vector<Contacts> contacts =
      accounts.empty() ? std::vector<Contacts>() : transaction.contacts_of(accounts);
  for (const UsageNotice& one : notices) {
    if (one.notice.superseded) {
      writes.push_back({one.notice, std::string(one.account_name), {}});
      continue;
    }
    const std::string last_day = to_string(calendar.day_of(one.expires_at));
    const NoticeFacts facts{.account = one.account_name,
                            .product = one.product_name,
                            .tier = one.tier,
                            .quota = one.quota,
                            .used = one.notice.used,
                            .cause = one.notice.cause,
                            .expires_on = last_day};
    const auto of =
        std::lower_bound(contacts.begin(), contacts.end(), one.notice.account,
                         [](const Contacts& some, AccountId id) { return some.account < id; });
    writes.push_back(write_notice(rules, one.notice, facts, *of, now, one.expires_at));
  }
  return writes;
}

}  // namespace

void tell_usage(LedgerTransaction& transaction, const NoticeRules& rules,
                const BusinessCalendar& calendar, std::span<const UsageNotice> notices,
                Instant now) {
  while (!notices.empty()) {
    const auto some = notices.first(std::min(notices.size(), notices_at_a_time));
    notices = notices.subspan(some.size());
    transaction.add_notices(written(transaction, rules, calendar, some, now), now);
  }
}

}  // namespace packwarden
