#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "domain/catalogue.h"
#include "domain/instant.h"
#include "domain/ledger_meaning.h"
#include "domain/limits.h"
#include "domain/refusal.h"
#include "usecases/ledger_commands.h"
#include "usecases/ledger_port.h"

// What gives the ledger its meaning is stored in it, and compared (docs/ARCHITECTURE.md).
namespace packwarden {

// Who recorded a value.
enum class RecordedBy : std::uint8_t {
  first,      // whoever came first to a database that had none
  settings,   // a start or reload of a daemon: a change that does no harm
  operator_,  // packctl deployment set
};
std::string_view name_of(RecordedBy who);

struct StoredValue {
  std::string name;
  std::string value;
  Sequence sequence = 0;
  Instant recorded_at;
  std::string recorded_by;  // a name of RecordedBy

  bool operator==(const StoredValue&) const = default;
};

// What a deliberate change is about, in numbers.
struct ProductHoldings {
  std::string product;
  std::int64_t packs = 0;  // with units left
  Units units_left = 0;
  Units open_units = 0;  // of overage that is not charged yet
};
struct DeploymentHoldings {
  std::int64_t accounts_with_money = 0;   // whose balance is not zero
  MoneyMicros balance_micros = 0;         // of all
  std::vector<ProductHoldings> products;  // by name; those that have packs or open overage
};

// Not thread-safe. All throw LedgerUnavailable.
class DeploymentStore {
 public:
  virtual ~DeploymentStore() = default;

  // By name; empty where nothing was recorded yet.
  virtual std::vector<StoredValue> newest() = 0;
  // The same once nobody holds the ledger: of whoever is about to change a value, too.
  virtual std::vector<StoredValue> newest_under_lock() = 0;
  // Each value that ever was, the latest first.
  virtual std::vector<StoredValue> history() = 0;
  // Number of the last committed ledger transaction.
  virtual Sequence sequence() = 0;
  // Of ledger transactions after `after`; 0: of all. As long as the store lives.
  virtual MeaningFacts& facts_after(Sequence after) = 0;
  virtual DeploymentHoldings holdings() = 0;
  // Of ledger transactions whose instant is after `clock`, with at most `shown_max` packs and
  // services.
  virtual DatedAhead dated_ahead(Instant clock, std::uint32_t shown_max) = 0;
  // The spools on which daemons work now, with their holders, as sentences give them.
  virtual std::vector<std::string> living_daemons() = 0;
  // Throws LedgerBehind where a living daemon has seen ledger transactions that this database does
  // not have: it was restored, or lags behind, and nobody has accepted that yet.
  virtual void require_newest() = 0;

  // Of a database that has none. Not a ledger transaction: nothing has changed, and ledger time is
  // not begun by it. False: it has some by now, nothing was changed.
  virtual bool record_first(const MeaningValues& values) = 0;
  // Asks `decide` under the sequence lock, with what is newest, and writes the values that it gives
  // in a ledger transaction (`as_of`: see Ledger::transact). None: changes nothing. May ask again.
  using Decide = std::function<MeaningValues(std::span<const StoredValue> newest)>;
  virtual void record(RecordedBy who, std::optional<Instant> as_of, const Decide& decide) = 0;
};

// The settings would give the ledger another meaning; what() has a sentence a line, each with what
// to do.
struct MeaningRefused : std::runtime_error {
  using std::runtime_error::runtime_error;
};

LedgerMeaning meaning_of(const Catalogue& catalogue, const std::string& business_time_zone,
                         int dedupe_window_days, const AcceptanceWindow& window);

// In hex: equal where two daemons would do the same with the same usage.
std::string digest_of(const LedgerMeaning& meaning);

struct MeaningComparison {
  std::vector<RefusedChange> refused;
  MeaningValues changed;  // by the settings, against what is stored
  bool first = false;     // nothing was stored
};

// Of a start or a reload: what may change is recorded, if all of it may. A database that has
// nothing takes what it gets.
MeaningComparison take_meaning(DeploymentStore& store, const LedgerMeaning& wanted,
                               std::optional<Instant> as_of);

// Of a command: nothing is recorded, but in a database that has nothing.
MeaningComparison compare_meaning(DeploymentStore& store, const LedgerMeaning& wanted);

// The same without a change of the database.
MeaningComparison look_at_meaning(DeploymentStore& store, const LedgerMeaning& wanted);

// Throws MeaningRefused where something was.
void require_meaning(const MeaningComparison& comparison);

// Of a command that changes something: throws MeaningRefused where the settings know products or
// prices that no daemon has taken over yet. What is sold by them nobody would meter.
void require_taken_over(const MeaningComparison& comparison);

// packctl deployment set NAME VALUE.
struct DeploymentOrder {
  std::string name;
  std::string value;  // of products and postpaid-prices: names with commas
  std::optional<Instant> as_of{};
};
// What the order means, a sentence each, if it can be done. Refusals: unknown_name,
// taken_from_settings, other_settings, no_change, daemons_live.
tl::expected<std::vector<std::string>, Refusal> plan_change(DeploymentStore& store,
                                                            const LedgerMeaning& wanted,
                                                            const DeploymentOrder& order);
// Does it. Refusals as above.
tl::expected<void, Refusal> change_deployment(DeploymentStore& store, const LedgerMeaning& wanted,
                                              const DeploymentOrder& order);

}  // namespace packwarden
