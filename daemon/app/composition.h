#pragma once

#include <functional>
#include <memory>

#include "app/loop_watch.h"
#include "app/settings.h"
#include "app/spool_name.h"
#include "dedupe/key_hasher.h"
#include "domain/business_calendar.h"
#include "spool/spool_directory.h"
#include "store/mysql_ledger.h"
#include "usecases/deployment.h"
#include "usecases/ingest.h"
#include "usecases/situation.h"

namespace packwarden {

// "HOST/PROCESS", for leases.
std::string this_process();

DatabaseAddress database_address(const Settings& settings);
// As channel processes see it.
DatabaseAddress channel_database_address(const Settings& settings);
// `on_progress` and `on_commit`: see LedgerOptions.
LedgerOptions ledger_options(const Settings& settings, std::function<void()> on_progress = {},
                             CommitObserver on_commit = {});
SituationLimits situation_limits(const Settings& settings);

LedgerMeaning meaning_of(const Settings& settings);

// Of a start or a reload: compares the settings with the ledger, which takes over what does no
// harm; says so on the log. Throws MeaningRefused where something does, and LedgerUnavailable.
void take_meaning(const Settings& settings, std::optional<Instant> as_of = std::nullopt);

// What the file system of a spool allows.
inline constexpr std::size_t spool_name_max_bytes = 255;

ContentLimits content_limits(const Settings& settings);

// Without directory and floor, which are the ledger's. The others must outlive it.
DecodeContext decode_context(const Settings& settings, const Catalogue& catalogue,
                             const KeyHasher& hasher, const BusinessCalendar& calendar);

// The ingest side of the daemon, wired: the one place where it is put together. Everything that is
// needed of the database at start is read by the constructor, which throws DatabaseError,
// LedgerUnavailable or SpoolUnavailable. The books are not loaded yet.
class IngestComposition {
 public:
  // `loop`, which may be null and must outlive this, is told how the work gets on; `on_commit`: see
  // LedgerOptions.
  explicit IngestComposition(const Settings& settings, LoopWatch::Loop* loop = nullptr,
                             CommitObserver on_commit = {});

  // Other settings, which need no restart and whose catalogue has its ids, from the next round on.
  // By the thread of the rounds, between two of them.
  void change(const Settings& settings);

  // Of a start or a reload, before anything is taken over: as packwarden::take_meaning, and tells
  // it to the other daemons. Any thread.
  void take_meaning(const Settings& settings, std::optional<Instant> as_of = std::nullopt);
  // Of the settings in effect: the ledger is another one than it was. By the thread of the rounds.
  void take_meaning() { take_meaning(settings_); }

  Ingest& ingest() { return *ingest_; }
  SpoolName& spool_name() { return *spool_name_; }
  SpoolDirectory& spool() { return *spool_; }
  MySqlLedger& ledger() { return ledger_; }

 private:
  Settings settings_;  // in effect, the catalogue with its ids
  BusinessCalendar calendar_;
  MySqlLedger ledger_;   // decides and commits
  MySqlLedger lookups_;  // of the reader
  std::unique_ptr<KeyHasher> hasher_;
  std::unique_ptr<SpoolName> spool_name_;
  std::unique_ptr<SpoolDirectory> spool_;
  std::unique_ptr<BatchReader> reader_;
  std::unique_ptr<Ingest> ingest_;
};

}  // namespace packwarden
