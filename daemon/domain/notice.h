#pragma once

#include <cstdint>
#include <string_view>

#include "domain/ids.h"

namespace packwarden {

// What a tenant must be told, once per cause.
enum class NoticeKind : std::uint8_t {
  pack_usage,    // used exceeds a level of the quota (N2)
  pack_used_up,  // nothing is left (N3)
};
std::string_view name_of(NoticeKind kind);

struct Notice {
  AccountId account{};
  PackId pack{};
  NoticeKind kind = NoticeKind::pack_usage;
  int level_percent = 0;    // 100 for pack_used_up
  bool superseded = false;  // a higher one of the same rating unit goes out instead
  Units used = 0;           // after the rating unit
};

}  // namespace packwarden
