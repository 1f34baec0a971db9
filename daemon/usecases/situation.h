#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "domain/business_day.h"
#include "domain/ids.h"
#include "domain/instant.h"
#include "usecases/job_port.h"
#include "usecases/notice_desk_port.h"
#include "usecases/spool_desk_port.h"

// What operators are told at a glance: how things stand, and what of it needs them.
namespace packwarden {

// So many accounts that a job has set aside are named; all are counted.
inline constexpr std::uint32_t set_aside_max = 20;

// A process of a channel that lives says so each second.
inline constexpr std::int64_t silent_channel_s = 30;

// How a channel stands, with what the settings know of it.
struct ChannelStanding : ChannelRow {
  bool configured = true;  // stands in the settings
};

// A daemon that lives, and what its settings mean for the ledger (digest_of(LedgerMeaning)); empty:
// it has not said so yet.
struct LivingDaemon {
  std::string spool;
  std::string holder;
  std::string meaning_digest;
  Sequence seen = 0;  // the newest ledger transaction that it knew when it last said so
};

// Overage of a product that no bill can charge, since the ledger's prices have none for its days.
struct UnpricedOverage {
  std::string product;
  BusinessDay first{};
  BusinessDay last{};
  Units units = 0;
};

// Read from the database, at small cost however large the ledger is.
struct LedgerSituation {
  Sequence sequence = 0;
  Instant last_instant;                  // of the ledger (ledger time)
  std::optional<Instant> last_commit{};  // of a ledger transaction, by the clock of who made it
  unsigned schema_version = 0;
  Instant database_clock{};
  std::int64_t clock_ahead_ms = 0;  // of the database's clock, against this host's
  std::vector<JobRow> jobs;         // by name
  std::vector<SetAside> set_aside;  // by job and account; the first `set_aside_max`
  std::map<std::string, std::int64_t> set_aside_accounts;  // all, by job; no job without any
  std::vector<ChannelStanding> channels;  // by name; with those that are configured only
  std::vector<LivingDaemon> daemons;      // by spool
  std::vector<UnpricedOverage> unpriced;  // by product
};

// Two daemons that do not do the same with the same usage: the first of all, and one that differs
// from it. Pure.
struct DifferingDaemons {
  LivingDaemon one;
  LivingDaemon other;
};
std::vector<DifferingDaemons> differing(const std::vector<LivingDaemon>& daemons);

struct Situation {
  Instant as_of{};
  // Nothing where the database does not answer, or has another schema; then why, as a sentence.
  std::optional<LedgerSituation> ledger{};
  std::string ledger_missing{};
  // What of this host's settings would give the ledger another meaning, as sentences.
  std::vector<std::string> settings_refused{};
  // The spool of this host, as above.
  std::optional<SpoolState> spool{};
  std::string spool_missing{};
};

// From when on something is worth a word. Each stands in the settings under `attention`.
struct SituationLimits {
  std::uint32_t file_age_s = 900;        // of the oldest usage file that waits
  std::uint32_t rejects_age_s = 86'400;  // of rejected lines that nobody has looked after
  std::uint32_t job_late_s = 600;
  std::uint32_t delivery_age_s = 900;         // of the oldest delivery that waits though it is due
  std::uint64_t free_bytes_min = 1ULL << 30;  // on the disk of the spool
  // How often jobs look at the clock (jobs.interval_ms, rounded up): not late before that.
  std::uint32_t job_interval_s = 10;
  // By how much clocks may differ, and ledger time may be ahead (database.clock_skew_max_s).
  std::uint32_t clock_skew_max_s = 25;
  bool may_be_ahead = false;  // ledger time, as far as it likes (allow_as_of)

  bool operator==(const SituationLimits&) const = default;
};

enum class Severity : std::uint8_t {
  needs_a_hand,  // stays as it is until a person acts
  behind,        // goes on by itself, but is late
  note,          // worth knowing
};
std::string_view name_of(Severity severity);

struct Finding {
  Severity severity = Severity::note;
  std::string code{};      // a word of its own for each kind, stable: for programs
  std::string sentence{};  // of one line
  std::string command{};   // what comes next; empty where the sentence says it
};

// All of it in a word.
enum class Health : std::uint8_t { well, behind, needs_a_hand };
std::string_view name_of(Health health);
Health health_of(const std::vector<Finding>& findings);

// What of the situation is worth a word, most urgent first. Pure.
std::vector<Finding> judge(const Situation& situation, const SituationLimits& limits);

// Since the last job has been due that is not done: 0 where none is late.
std::int64_t late_s(const JobRow& job, Instant now, const SituationLimits& limits);

// What was done since an earlier look.
struct LedgerPace {
  Sequence sequence = 0;     // now
  Instant database_clock{};  // now
  std::int64_t files = 0;    // taken to their end
  std::int64_t records = 0;  // data lines
  std::int64_t units = 0;    // accepted
  struct Ended {
    std::string channel{};
    std::string state{};
    std::int64_t deliveries = 0;
  };
  std::vector<Ended> ended;  // deliveries, by channel and state
};

// Reads of the database for operators' screens and for metrics, which repeat them all the time:
// none of them grows with the ledger, but that for overage without a price, every five minutes at
// most. store/ implements it on MySQL. All throw LedgerUnavailable.
// Not thread-safe.
class SituationReads {
 public:
  virtual ~SituationReads() = default;

  // Of deliveries that wait, and of those that ended within a day, no more than
  // `counted_deliveries_max` each are looked at: ChannelRow::at_least says whether there are more.
  virtual LedgerSituation look(std::uint32_t counted_deliveries_max) = 0;
  virtual LedgerPace pace_since(Sequence sequence, Instant database_clock) = 0;
};

// Where a look gets what it shows. Both are called once a look, and may throw LedgerUnavailable and
// SpoolUnavailable.
struct SituationSources {
  std::function<SituationReads&()> ledger;
  std::function<SpoolDesk&()> spool;
  std::vector<std::string> channels;  // of the settings
  // See Situation; may be null.
  std::function<std::vector<std::string>()> settings_refused{};
};

struct LookOptions {
  std::uint32_t counted_deliveries_max = 20'000;
  std::size_t failed_files_max = 5;  // that are named
};

// Looks at both; what cannot be seen is said in the situation. Throws std::bad_alloc alone.
Situation look(const SituationSources& sources, Instant now, const LookOptions& options);

}  // namespace packwarden
