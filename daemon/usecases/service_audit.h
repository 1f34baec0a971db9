#pragma once

#include "usecases/audit.h"

namespace packwarden {

// The check `service_states` (O9, O10): each stored state of a product is what packs, postpaid and
// balance of the account make it, worked out anew. One account after the other: no number of them
// needs memory. Not thread-safe.
class ServiceAudit {
 public:
  // Of breaks the first `shown_max` are kept. The others must outlive this.
  ServiceAudit(const Catalogue& catalogue, const BusinessCalendar& calendar,
               std::uint32_t shown_max);

  void take(const AuditedAccount& account);
  const AuditCheck& check() const { return check_; }

 private:
  const Catalogue* catalogue_;
  const BusinessCalendar* calendar_;
  std::uint32_t shown_max_;
  AuditCheck check_;
};

}  // namespace packwarden
