#pragma once

#include <functional>
#include <map>
#include <span>
#include <vector>

#include "domain/catalogue.h"
#include "domain/ledger_entry.h"
#include "domain/open_sum.h"
#include "rating/rating.h"
#include "usecases/books.h"
#include "usecases/decoded_unit.h"

namespace packwarden {

// What is told of a record that does not fit.
inline constexpr const char* open_sum_too_large =
    "with it the account would have more open, or would owe more, than the ledger holds; look at"
    " the quantity and the price";

// What is open of these main accounts, as of the sequence of the books.
using OpenRowsOf = std::function<std::vector<OpenRow>(std::span<const AccountId>)>;

// The price of a unit of overage of that day; 0 where there is none (S3).
MoneyMicros overage_price(const Catalogue& catalogue, ProductId product, BusinessDay day);
// What a row adds to the bound of its account at most (Books::open_bound).
std::int64_t bound_of(const Catalogue& catalogue, const OpenRow& row);

// U2: whether what a rating unit adds to the open sums of its accounts fits, as if no pack covered
// it. The books have a bound for each account, which is compared once per account and unit; only
// where it could be passed are exact figures read. Of one decision; owned by its thread.
class OpenSums {
 public:
  // All must outlive this. At most `limit` may be open.
  OpenSums(const Catalogue& catalogue, Books& books, OpenRowsOf rows_of, std::int64_t limit);

  // A unit begins: no account is watched.
  void begin_unit() { watched_.clear(); }
  // Whether the accepted `sums` of the unit, by group, fit. False: the records are to be taken
  // again in line order, and the accounts that they do not fit are watched from now on. What
  // `rows_of` throws comes out.
  bool fit(const DecodedUnit& unit, std::span<const UseSum> sums);
  // The records of the unit are taken from the first line on.
  void begin_line_order() { in_line_order_ = watched_; }
  // Whether the next record fits what is open with the lines before it, which it is added to then.
  bool takes(const UseGroup& group, Units units);

  // The overage among these entries of a product is open now; the bounds of the books go with it.
  void add(ProductId product, std::span<const LedgerEntry> entries);
  // Nothing of what was added became true.
  void undo();

 private:
  struct Added {
    AccountId account;
    Units units;
    MoneyMicros price_micros;
  };
  bool watch(const DecodedUnit& unit, std::span<const UseSum> sums,
             const std::vector<std::span<const std::uint32_t>>& doubtful);
  void read(std::vector<AccountId> accounts);

  const Catalogue* catalogue_;
  Books* books_;
  OpenRowsOf rows_of_;
  std::int64_t limit_;
  MoneyMicros highest_price_micros_ = 1;
  std::map<AccountId, OpenSum> exact_;  // with what was added
  std::map<AccountId, OpenSum> watched_;
  std::map<AccountId, OpenSum> in_line_order_;
  std::vector<Added> added_;
};

}  // namespace packwarden
