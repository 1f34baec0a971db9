#pragma once

#include <string>
#include <string_view>

#include "domain/notice.h"

namespace packwarden {

// What a text may speak of.
struct NoticeFacts {
  std::string_view account;
  std::string_view product;
  std::string_view tier;
  Units quota = 0;
  Units used = 0;
  std::string_view expires_on;  // business day, YYYY-MM-DD
};

struct NoticeText {
  std::string subject;
  std::string body;
};

// The text of an in-site message (N4), in `language` (zh-CN, en; any other falls back to en). Pure.
NoticeText render(const Notice& notice, const NoticeFacts& facts, std::string_view language);

}  // namespace packwarden
