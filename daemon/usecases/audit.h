#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "domain/business_calendar.h"
#include "domain/catalogue.h"
#include "domain/notice.h"
#include "domain/standing.h"
#include "usecases/ledger_port.h"

namespace packwarden {

// One thing that must hold of every ledger (docs/AUDIT.md), and where it does not.
struct AuditCheck {
  std::string name;
  std::string rule;
  std::int64_t looked_at = 0;  // rows that it is about
  std::int64_t breaks = 0;
  std::vector<std::string> shown;  // the first of them, a sentence each
};

// An account in the snapshot of the audit.
struct AuditedAccount {
  AccountStanding* standing = nullptr;  // of a main account; priced_from is not set
  Instant expired_until;                // the job `expire` has noticed all expiries by then
  Instant last_instant;                 // of the ledger
};

struct AuditOrder {
  const Catalogue* catalogue = nullptr;  // with the ids of the ledger
  const BusinessCalendar* calendar = nullptr;
  std::uint32_t shown_max = 100;        // breaks of each check
  std::vector<NoticeKind> off_kinds{};  // that are off now: that they were not told is no break
};

struct LedgerAudit {
  LedgerHead head;  // of the snapshot
  std::vector<AuditCheck> checks;
};

class Reports;

// All checks of docs/AUDIT.md, in one snapshot. Throws LedgerUnavailable.
LedgerAudit audit_ledger(Reports& reports, const AuditOrder& order);

}  // namespace packwarden
