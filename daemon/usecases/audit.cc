#include "usecases/audit.h"

#include "usecases/report_port.h"
#include "usecases/service_audit.h"

namespace packwarden {

std::vector<AuditCheck> audit_ledger(Reports& reports, const AuditOrder& order) {
  ServiceAudit services(*order.catalogue, *order.calendar, order.shown_max);
  std::vector<AuditCheck> checks =
      reports.audit(order.shown_max, order.off_kinds,
                    [&](const AuditedAccount& account) { services.take(account); });
  checks.push_back(services.check());
  return checks;
}

}  // namespace packwarden
