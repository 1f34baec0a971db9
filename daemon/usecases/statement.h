#pragma once

#include <optional>
#include <string>
#include <vector>

#include "billing/statement_period.h"
#include "domain/refund.h"
#include "usecases/ledger_port.h"
#include "usecases/report_rows.h"

// The statement of a main account and a month: docs/STATEMENTS.md.
namespace packwarden {

struct StatementJournal {
  Sequence sequence = 0;
  Instant booked_at;
  std::string kind;
  std::string reference;
  MoneyMicros amount_micros = 0;   // on the balance
  MoneyMicros balance_micros = 0;  // after it
};
// A pack that was held at any time in the month, or that usage of this statement was drawn from.
struct StatementPack {
  PackId id{};
  std::string product;
  std::string tier;
  Units quota = 0;
  MoneyMicros price_micros = 0;
  Instant purchased_at;
  Instant expires_at;
  std::optional<RefundStep> refund{};  // the last step before the end of the month
  Units used_before = 0;               // by the statements before
  Units used_after = 0;                // by them and this one

  Units drawn() const { return used_after - used_before; }
  Units left_before() const { return quota - used_before; }
  Units left_after() const { return quota - used_after; }
};
// How it stood at `at`, the first that holds: refunded, refund requested (approved, ordered),
// expired, used up, held.
std::string state_of(const StatementPack& pack, Instant at);

// Overage that no bill of this or an earlier month charged.
struct StatementOverage {
  std::string product;
  Units open_before = 0;
  Units used = 0;  // as the usage of this statement says
  Units charged = 0;
  Units open_after = 0;
};

struct Statement {
  LedgerHead head;  // of the ledger, when it was read
  MoneyMicros opening_micros = 0;
  MoneyMicros closing_micros = 0;
  std::vector<StatementJournal> journals;  // by instant
  // By day, product, meter, user, outcome; none of zero. Of a day before the month: it came too
  // late for the statement of its own month.
  std::vector<UsageRow> usage;
  std::vector<StatementPack> packs;       // by product and number
  std::vector<ChargeRow> charges;         // of the bills charged in the month, by usage day
  std::vector<StatementOverage> overage;  // by product
};

// What the ledger holds, each sum read by itself: nothing here is worked out from another field.
struct StatementRows {
  LedgerHead head;
  MoneyMicros opening_micros = 0;
  MoneyMicros closing_micros = 0;
  std::vector<StatementJournal> journals;  // without balance_micros
  std::vector<UsageRow> usage;
  std::vector<StatementPack> packs;
  std::vector<ChargeRow> charges;
  std::vector<StatementOverage> overage;  // without `used`
};

// Units of one outcome, of one user or (`used_by` empty) of all of them.
struct StatementTotal {
  std::string product;
  std::string used_by;
  Outcome outcome = Outcome::overrun;
  Units units = 0;
};
// By product; first of all users, then by user where there is more than one. Pure; thread-safe.
std::vector<StatementTotal> totals_of(const Statement& statement);

// Adds running balances and what was used as overage. Pure; thread-safe.
Statement statement_of(StatementRows rows);

// A sentence for each sum that does not agree; none in a sound ledger. Pure; thread-safe.
std::vector<std::string> breaks_of(const Statement& statement);

}  // namespace packwarden
