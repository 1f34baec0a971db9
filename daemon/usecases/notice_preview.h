#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "domain/contacts.h"
#include "notices/notice_rules.h"

namespace packwarden {

// How a kind of notice comes out, with example facts.
struct NoticePreview {
  std::string language;
  std::string subject;
  std::string body;
  std::string sms;
  std::size_t sms_parts = 0;
  std::string html;
  std::string facts;                                      // JSON
  std::vector<std::pair<std::string, std::string>> goes;  // channels with their recipients
};

// `account_name` stands in the texts in place of the example's, where it is not empty. Pure.
NoticePreview preview_notice(const NoticeRules& rules, NoticeKind kind,
                             const std::string& account_name, const Contacts& contacts);

}  // namespace packwarden
