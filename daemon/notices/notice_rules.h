#pragma once

#include "notices/notice_policy.h"
#include "notices/notice_texts.h"

namespace packwarden {

// What notices say and where they go, as the settings have it. Read by any thread.
struct NoticeRules {
  NoticeTexts texts;
  NoticePolicy policy;
};

}  // namespace packwarden
