#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "domain/ids.h"
#include "domain/instant.h"

// Money in double entry: docs/BILLING.md.
namespace packwarden {

enum class Book : std::uint8_t { balance, payments, sales };
std::string_view name_of(Book book);

enum class JournalKind : std::uint8_t { top_up, payment, purchase, refund, charge };
std::string_view name_of(JournalKind kind);

struct Posting {
  Book book = Book::balance;
  MoneyMicros amount_micros = 0;
};

// One movement of the money of one account. Its postings sum to zero, each book at most once.
struct Journal {
  AccountId account{};
  JournalKind kind = JournalKind::top_up;
  std::string reference;  // of the payment, or what was bought
  Instant booked_at;
  std::vector<Posting> postings;

  // What it adds to a book.
  MoneyMicros on(Book book) const;
  bool sums_to_zero() const;
};

}  // namespace packwarden
