#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "domain/ids.h"
#include "domain/instant.h"

// Money in double entry: docs/BILLING.md.
namespace packwarden {

enum class JournalKind : std::uint8_t { top_up, payment, purchase, refund, charge };
std::string_view name_of(JournalKind kind);

// The book on the other side of the balance of an account.
enum class ContraBook : std::uint8_t { payments, sales };
std::string_view name_of(ContraBook book);
ContraBook contra_book_of(JournalKind kind);

// One movement of money between the balance of one account and the contra book of its kind. Both
// sides are one number, so that they sum to zero whatever happens.
struct Journal {
  AccountId account{};
  JournalKind kind = JournalKind::top_up;
  std::string reference;  // of the payment, or what was bought
  Instant booked_at;
  MoneyMicros amount_micros = 0;  // added to the balance, and taken from the contra book
};

}  // namespace packwarden
