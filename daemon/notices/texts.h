#pragma once

#include <string>
#include <string_view>

#include "domain/notice.h"

namespace packwarden {

// What a text may speak of. Only what belongs to the kind of the notice must be set.
struct NoticeFacts {
  std::string_view account{};
  std::string_view product{};
  std::string_view tier{};
  Units quota = 0;
  Units used = 0;
  std::string_view expires_on{};  // business day, YYYY-MM-DD
  std::string_view reason{};      // why a service stopped (O10), or a refund was rejected
  std::string_view step{};        // of a refund
  std::string_view day{};         // business day that a bill charges
  std::string_view amount{};      // of a bill, in `currency`
  std::string_view balance{};     // after it
  std::string_view currency{};
};

struct NoticeText {
  std::string subject;
  std::string body;
};

// The text of an in-site message (N4), in `language` (zh-CN, en; any other falls back to en). Pure.
NoticeText render(const Notice& notice, const NoticeFacts& facts, std::string_view language);

}  // namespace packwarden
