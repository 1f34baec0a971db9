#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "domain/ids.h"
#include "domain/service_state.h"

namespace packwarden {

// What a tenant must be told, once per cause.
enum class NoticeKind : std::uint8_t {
  pack_usage,       // used exceeds a level of the quota (N2); cause: the level in percent
  pack_used_up,     // nothing is left (N3); cause: 100
  pack_expiring,    // units are left so many days before the expiry (N1); cause: the days
  pack_expired,     // with units left; cause: 0
  service_stopped,  // cause: the ledger transaction, as for all of these
  service_resumed,
  postpaid_on,
  postpaid_failed,     // it could not be switched on: no money is left
  postpaid_in_effect,  // no pack covers any more, from now on usage is charged
  arrears,
  bill,         // cause: the charged day, in days since 1970-01-01
  refund_step,  // cause: the number of the step
};
inline constexpr std::size_t notice_kind_count = 12;
inline constexpr std::array all_notice_kinds{NoticeKind::pack_usage,
                                             NoticeKind::pack_used_up,
                                             NoticeKind::pack_expiring,
                                             NoticeKind::pack_expired,
                                             NoticeKind::service_stopped,
                                             NoticeKind::service_resumed,
                                             NoticeKind::postpaid_on,
                                             NoticeKind::postpaid_failed,
                                             NoticeKind::postpaid_in_effect,
                                             NoticeKind::arrears,
                                             NoticeKind::bill,
                                             NoticeKind::refund_step};
static_assert(all_notice_kinds.size() == notice_kind_count);
std::string_view name_of(NoticeKind kind);
std::optional<NoticeKind> notice_kind_from(std::string_view name);
// Whether the cause is the number of the ledger transaction that the notice is written with.
bool is_told_per_transaction(NoticeKind kind);

struct Notice {
  AccountId account{};
  ProductId product{};  // 0: arrears
  PackId pack{};        // 0 where it is not of a pack
  NoticeKind kind = NoticeKind::pack_usage;
  std::int64_t cause = 0;   // 0 where it is the ledger transaction: the ledger knows its number
  bool superseded = false;  // a higher one of the same rating unit goes out instead
  Units used = 0;           // of the pack, after what caused it
  StopReason reason = StopReason::none;  // of service_stopped
};

}  // namespace packwarden
