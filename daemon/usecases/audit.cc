#include "usecases/audit.h"

#include "usecases/report_port.h"
#include "usecases/service_audit.h"

namespace packwarden {

LedgerAudit audit_ledger(Reports& reports, const AuditOrder& order) {
  ServiceAudit services(*order.catalogue, *order.calendar, order.shown_max);
  LedgerAudit audit = reports.audit(order.shown_max, order.off_kinds,
                                    [&](const AuditedAccount& account) { services.take(account); });
  audit.checks.push_back(services.check());
  return audit;
}

}  // namespace packwarden
