#pragma once

#include <memory>

#include "app/settings.h"
#include "dedupe/key_hasher.h"
#include "domain/business_calendar.h"
#include "spool/spool_directory.h"
#include "store/mysql_ledger.h"
#include "usecases/ingest.h"
#include "usecases/situation.h"

namespace packwarden {

DatabaseAddress database_address(const Settings& settings);
// As channel processes see it.
DatabaseAddress channel_database_address(const Settings& settings);
LedgerOptions ledger_options(const Settings& settings, CommitObserver on_commit = {});
SituationLimits situation_limits(const Settings& settings);

ContentLimits content_limits(const Settings& settings);

// Without directory and floor, which are the ledger's. The others must outlive it.
DecodeContext decode_context(const Settings& settings, const Catalogue& catalogue,
                             const KeyHasher& hasher, const BusinessCalendar& calendar);

// The ingest side of the daemon, wired: the one place where it is put together. Everything that is
// needed of the database at start is read by the constructor, which throws DatabaseError,
// LedgerUnavailable or SpoolUnavailable. The books are not loaded yet.
class IngestComposition {
 public:
  // `on_commit`: see LedgerOptions.
  explicit IngestComposition(const Settings& settings, CommitObserver on_commit = {});

  Ingest& ingest() { return *ingest_; }
  SpoolDirectory& spool() { return *spool_; }
  MySqlLedger& ledger() { return ledger_; }

 private:
  Catalogue catalogue_;
  std::shared_ptr<const NoticeRules> notices_;
  BusinessCalendar calendar_;
  MySqlLedger ledger_;   // decides and commits
  MySqlLedger lookups_;  // of the reader
  std::unique_ptr<KeyHasher> hasher_;
  std::unique_ptr<SpoolDirectory> spool_;
  std::unique_ptr<BatchReader> reader_;
  std::unique_ptr<Ingest> ingest_;
};

}  // namespace packwarden
