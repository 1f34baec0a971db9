#include "usecases/notice_preview.h"

#include <utility>

#include "notices/sms_parts.h"
#include "usecases/notice_writing.h"

namespace packwarden {

NoticePreview preview_notice(const NoticeRules& rules, NoticeKind kind,
                             const std::string& account_name, const Contacts& contacts) {
  NoticeFacts facts = example_facts(kind);
  if (!account_name.empty()) facts.account = account_name;
  NoticePreview preview;
  preview.language = notice_language(contacts.language);
  NoticeText mail = rules.texts.render(Medium::email, preview.language, kind, facts);
  preview.subject = std::move(mail.subject);
  preview.body = std::move(mail.body);
  preview.html = std::move(mail.html);
  preview.sms = rules.texts.render(Medium::sms, preview.language, kind, facts).body;
  preview.sms_parts = sms_parts(preview.sms);
  preview.facts = json_of(kind, facts);
  for (const Delivery& delivery :
       rules.policy.deliveries_of(kind, contacts, Instant{}, std::nullopt)) {
    preview.goes.emplace_back(delivery.channel, delivery.recipient);
  }
  return preview;
}

}  // namespace packwarden
