#include "domain/ledger_entry.h"

namespace packwarden {

std::string_view name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::drawn:
      return "drawn";
    case Outcome::overage:
      return "overage";
    case Outcome::overrun:
      return "overrun";
    case Outcome::not_billable_meter:
      return "not_billable_meter";
    case Outcome::not_billable_integration:
      return "not_billable_integration";
  }
  return "unknown";
}

}  // namespace packwarden
