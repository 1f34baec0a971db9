#include "domain/notice.h"

#include <algorithm>
#include <array>

#include "domain/named.h"

namespace packwarden {
namespace {

constexpr std::array<std::string_view, notice_kind_count> kind_names = {
    "pack_usage",         "pack_used_up",    "pack_expiring", "pack_expired",
    "service_stopped",    "service_resumed", "postpaid_on",   "postpaid_failed",
    "postpaid_in_effect", "arrears",         "bill",          "refund_step"};

}  // namespace

std::string_view name_of(NoticeKind kind) {
  return kind_names.at(static_cast<std::size_t>(kind));
}

std::optional<NoticeKind> notice_kind_from(std::string_view name) {
  return value_named<NoticeKind>(kind_names, name);
}

bool is_told_per_transaction(NoticeKind kind) {
  switch (kind) {
    case NoticeKind::service_stopped:
    case NoticeKind::service_resumed:
    case NoticeKind::postpaid_on:
    case NoticeKind::postpaid_failed:
    case NoticeKind::postpaid_in_effect:
    case NoticeKind::arrears:
      return true;
    default:
      return false;
  }
}

}  // namespace packwarden
