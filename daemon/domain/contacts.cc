#include "domain/contacts.h"

#include <stdexcept>

namespace packwarden {

void set_detail(Contacts& contacts, AccountDetailKind kind, std::string_view value) {
  switch (kind) {
    case AccountDetailKind::language:
      contacts.language = value;
      return;
    case AccountDetailKind::email:
      contacts.email = value;
      return;
    case AccountDetailKind::phone:
      contacts.phone = value;
      return;
    case AccountDetailKind::webhook:
      contacts.webhook = value;
      return;
    case AccountDetailKind::muted: {
      const auto muted = MutedNotices::parse(value);
      if (!muted) throw std::logic_error("'" + std::string(value) + "' are no choices of notices");
      contacts.muted = *muted;
    }
  }
}

}  // namespace packwarden
