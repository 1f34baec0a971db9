#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/business_calendar.h"
#include "notices/notice_rules.h"
#include "usecases/ledger_port.h"

namespace packwarden {

// A notice with its deliveries (N4, N5): caused at `now`; `expires_at` is that of its pack. Pure.
NoticeWrite write_notice(const NoticeRules& rules, const Notice& notice, const NoticeFacts& facts,
                         const Contacts& contacts, Instant now,
                         std::optional<Instant> expires_at = std::nullopt);

// The facts of a notice as JSON, by the names of variables: numbers and texts, reasons and steps as
// codes.
std::string json_of(NoticeKind kind, const NoticeFacts& facts);

// So many notices with their texts are in memory at a time; a transaction may write any number.
inline constexpr std::size_t notices_at_a_time = 2'000;

// A notice of the usage of a pack (N2, N3), as decided; its texts come once it is known who is
// told. A batch may have hundreds of thousands: names are those of the books and the catalogue,
// which must outlive it.
struct UsageNotice {
  Notice notice;
  std::string_view account_name;
  std::string_view product_name;
  std::string_view tier;
  Units quota = 0;
  Instant expires_at;
};
// Writes them into the transaction, some at a time.
void tell_usage(LedgerTransaction& transaction, const NoticeRules& rules,
                const BusinessCalendar& calendar, std::span<const UsageNotice> notices,
                Instant now);

}  // namespace packwarden
