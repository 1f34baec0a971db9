#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/business_day.h"
#include "domain/catalogue.h"

namespace packwarden {

// What gives the ledger its meaning (docs/ARCHITECTURE.md, "What gives the ledger its meaning"):
// under another currency, zone or catalogue the same rows would say something else.
struct LedgerMeaning {
  std::string currency;
  std::string business_time_zone;
  // The names of the meters of each product.
  std::map<std::string, std::set<std::string>> products;
  // Of the products that have some, as in the catalogue.
  std::map<std::string, std::vector<PostpaidPrice>> postpaid_prices;
  int dedupe_window_days = 0;
  int acceptance_days = 0;
  int acceptance_skew_s = 0;
  std::string catalogue_digest;  // in hex, of catalogue_text()

  bool operator==(const LedgerMeaning&) const = default;
};

// All of a catalogue that decides what is sold, drawn, charged and told, in a form that does not
// depend on the order of the file; names for people are not in it. Pure; thread-safe.
std::string catalogue_text(const Catalogue& catalogue);

// The values of a meaning by their names, in the order in which people read them. As text: a
// product or a price list is a line; names have no spaces.
using MeaningValues = std::vector<std::pair<std::string, std::string>>;
MeaningValues to_values(const LedgerMeaning& meaning);
// The other way. Throws std::invalid_argument where a value is missing or is none of to_values().
LedgerMeaning to_meaning(const std::map<std::string, std::string>& values);

// What of the ledger decides whether a value may change. Asked for only where it matters. May throw
// what its source does.
class MeaningFacts {
 public:
  virtual ~MeaningFacts() = default;

  virtual bool has_packs(const std::string& product) = 0;
  // Days with overage that no bill has charged yet.
  virtual std::vector<BusinessDay> open_days(const std::string& product) = 0;
  // For an account that is not closed.
  virtual bool is_postpaid_on(const std::string& product) = 0;
};

// `name` is what packctl deployment calls the value.
struct RefusedChange {
  std::string name;
  std::string sentence;  // for the operator: what is the matter, and what to do

  bool operator==(const RefusedChange&) const = default;
};

// What of `wanted` must not take the place of what is stored, since rows that are there would get
// another meaning. All else that differs may: rows keep theirs. Pure but for `facts`.
std::vector<RefusedChange> refused_changes(const LedgerMeaning& stored, const LedgerMeaning& wanted,
                                           MeaningFacts& facts);

// The values that differ, as `wanted` has them.
MeaningValues changed_values(const LedgerMeaning& stored, const LedgerMeaning& wanted);

}  // namespace packwarden
