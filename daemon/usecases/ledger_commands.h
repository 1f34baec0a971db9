#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/business_day.h"
#include "domain/ids.h"
#include "domain/instant.h"
#include "domain/money.h"
#include "domain/service_state.h"
#include "usecases/command_run.h"

// What an operator decides about the ledger as a whole (docs/LEDGER.md).
namespace packwarden {

// What ledger transactions hold whose instants are ahead of the database's clock.
struct AheadPack {
  PackId id{};
  std::string account;
  std::string tier;
  Instant effective_from;
  Instant expires_at;
};
struct AheadService {
  std::string account;
  std::string product;
  ServiceState state{};
  Instant changed_at;
};
struct AheadDay {
  BusinessDay day;  // that was charged
  std::int64_t bills = 0;
  MoneyMicros amount_micros = 0;
};
struct DatedAhead {
  Sequence after = 0;              // the last transaction that is not ahead
  std::int64_t transactions = 0;   // that are
  std::vector<AheadPack> packs{};  // the first of them, as the services
  std::int64_t packs_count = 0;
  std::vector<AheadService> services{};
  std::int64_t services_count = 0;
  std::vector<AheadDay> days{};
};

// A sentence each: what accepting the clock means, and what stands in the ledger with an instant
// that is still to come. Pure.
std::vector<std::string> sentences_of(const DatedAhead& ahead, const LedgerHead& head,
                                      Instant clock, const std::string& currency);

// The database is at transaction `at`, not at the one that was named.
Refusal moved_on(Sequence at, Sequence named);

// Accepts a database that is older than what daemons have seen of it: it goes on from ledger
// transaction `sequence`, which must be its newest, and every process loads all again. What was
// committed after it elsewhere is gone. P9 and errors: see run_command. Refusals: moved_on.
CommandOutcome accept_older(Ledger& ledger, Sequence sequence, std::optional<Instant> as_of,
                            const std::string& request_id);

// Accepts the database's clock, which the ledger's last instant is ahead of: the one step back that
// ledger time can take. `ledger` was made with LedgerOptions::accept_clock. Jobs look again at what
// they had done for the time ahead. P9 and errors: see run_command. Refusals: not_ahead.
CommandOutcome accept_clock(Ledger& ledger, const std::string& request_id);

}  // namespace packwarden
