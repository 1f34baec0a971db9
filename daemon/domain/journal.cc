#include "domain/journal.h"

namespace packwarden {

std::string_view name_of(JournalKind kind) {
  switch (kind) {
    case JournalKind::top_up:
      return "top_up";
    case JournalKind::payment:
      return "payment";
    case JournalKind::purchase:
      return "purchase";
    case JournalKind::refund:
      return "refund";
    case JournalKind::charge:
      break;
  }
  return "charge";
}

std::string_view name_of(ContraBook book) {
  return book == ContraBook::payments ? "payments" : "sales";
}

ContraBook contra_book_of(JournalKind kind) {
  const bool from_outside = kind == JournalKind::top_up || kind == JournalKind::payment;
  return from_outside ? ContraBook::payments : ContraBook::sales;
}

}  // namespace packwarden
