#include "domain/journal.h"

namespace packwarden {

std::string_view name_of(Book book) {
  switch (book) {
    case Book::balance:
      return "balance";
    case Book::payments:
      return "payments";
    case Book::sales:
      break;
  }
  return "sales";
}

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

MoneyMicros Journal::on(Book book) const {
  MoneyMicros sum = 0;
  for (const Posting& posting : postings) {
    if (posting.book == book) sum += posting.amount_micros;
  }
  return sum;
}

bool Journal::sums_to_zero() const {
  Wide sum = 0;
  for (const Posting& posting : postings) sum += posting.amount_micros;
  return sum == 0;
}

}  // namespace packwarden
