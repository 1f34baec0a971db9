#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "domain/business_calendar.h"
#include "domain/catalogue.h"
#include "domain/refusal.h"
#include "usecases/account_changes.h"
#include "usecases/deployment.h"
#include "usecases/file_check.h"
#include "usecases/inbox_port.h"
#include "usecases/job_port.h"
#include "usecases/ledger_port.h"
#include "usecases/notice_desk_port.h"
#include "usecases/report_port.h"
#include "usecases/server_finding.h"
#include "usecases/situation.h"
#include "usecases/spool_desk_port.h"
#include "usecases/token_port.h"

namespace packwarden {

// The settings cannot be used; what() names each mistake with its line and column.
struct ConfigBroken : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct SchemaChange {
  unsigned from_version = 0;
  unsigned to_version = 0;
};

// The daemon's part in a history that packctl plays.
class DaemonOfHistory {
 public:
  virtual ~DaemonOfHistory() = default;

  // U1: a usage file comes into the spool. `name` has no folder.
  virtual void drop(const std::string& name, const std::string& content) = 0;
  // All that is in the spool is taken, claimed at `at`.
  virtual void take_files(Instant at) = 0;
  // All that is due by the clock at `at` is done: expiries, reminders, settlement.
  virtual void run_jobs(Instant at) = 0;
};

// A channel of the settings.
struct ConfiguredChannel {
  std::string name;
  std::string medium;
  std::string plugin;
};

// What a command of packctl works with. What needs the database connects when it is first asked
// for, and throws LedgerUnavailable where it cannot, or where the schema is not the one of this
// binary. References live as long as the context.
class Context {
 public:
  virtual ~Context() = default;

  virtual bool allow_as_of() const = 0;
  virtual Instant now() const = 0;
  virtual const BusinessCalendar& calendar() const = 0;
  // As the settings have it, without ids.
  virtual const Catalogue& catalogue() const = 0;
  virtual const NoticeRules& notice_rules() const = 0;
  // With the ids of the ledger.
  virtual const Catalogue& stored_catalogue() = 0;
  virtual CommandLimits command_limits() const = 0;
  virtual Ledger& ledger() = 0;
  // The same, also where daemons know it to be older than what they have seen.
  virtual Ledger& ledger_as_it_is() = 0;
  // Whose transactions are of the database's clock, also where the ledger's last instant is ahead.
  virtual Ledger& ledger_by_clock() = 0;
  virtual Reports& reports() = 0;
  virtual JobStore& jobs() = 0;
  virtual NoticeDesk& notice_desk() = 0;
  virtual Inbox& inbox() = 0;
  virtual const std::vector<ConfiguredChannel>& channels() const = 0;
  virtual SituationReads& situation_reads() = 0;
  virtual SituationLimits situation_limits() const = 0;
  // What is stored of the ledger's meaning, and what the settings would give it: not compared yet.
  // All that works on the ledger (ledger, reports, jobs, stored_catalogue, daemon_of_history)
  // throws MeaningRefused where the two do not agree.
  virtual DeploymentStore& deployment() = 0;
  virtual LedgerMeaning meaning() const = 0;
  virtual SchemaChange migrate() = 0;
  // Settings of the database's server that are not as the daemon needs them, the worst first.
  virtual std::vector<ServerFinding> check_server() = 0;
  // The spool of the settings, on this host. Throws SpoolUnavailable where there is none.
  virtual SpoolDesk& spool() = 0;
  // This process as the daemon of this host's spool. Throws LedgerUnavailable and SpoolUnavailable,
  // as its functions do.
  virtual DaemonOfHistory& daemon_of_history() = 0;
  // Who may ask the daemon over HTTP. Throws TokensUnavailable.
  virtual TokenDesk& tokens() = 0;
  // Of a main account, from the key of the channel for webhooks. Refusals: no_webhook_channel,
  // no_webhook_key.
  virtual tl::expected<std::string, Refusal> webhook_secret(const std::string& account) = 0;
  // The lines of `file` that were duplicates of records of the file `digest` (U10). Not empty: why
  // they could not be looked for.
  virtual std::string find_duplicates(const Digest& digest, const FileWithDuplicates& file,
                                      const std::function<void(std::uint64_t line_no)>& line) = 0;
  // What would become of the file at `path` if it were dropped as `name` at `arrival`. Throws
  // SpoolUnavailable too.
  virtual FileCheck check_file(const std::string& path, const std::string& name, Instant arrival,
                               const FileCheckSinks& sinks) = 0;
};

struct ConfigCheck {
  std::vector<std::string> mistakes{};  // each as FILE:LINE:COLUMN: MESSAGE
  // Where there are none: what the ledger says against the settings, and else what it will take
  // over of them at the next start or reload.
  std::vector<std::string> refused{};
  std::vector<std::string> changed{};
  bool first = false;          // the ledger has no settings yet
  std::string not_compared{};  // why, as a sentence: the database could not be asked
};

// How packctl gets there once it knows the path of the settings.
class Backend {
 public:
  virtual ~Backend() = default;

  virtual ConfigCheck check_config(const std::string& path) = 0;
  // Throws ConfigBroken. Does not connect.
  virtual std::unique_ptr<Context> open(const std::string& path) = 0;
};

}  // namespace packwarden
