#include "app/composition.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <array>
#include <map>
#include <mutex>
#include <tuple>
#include <utility>

#include "logging/log.h"
#include "store/deployment.h"
#include "store/deployment_store.h"
#include "store/migrations.h"

namespace packwarden {

std::string this_process() {
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) host = {"?"};
  // It stands in columns and on logs: whatever a host is called, it is plain text there.
  std::replace_if(
      host.begin(), host.end(), [](char c) { return c != '\0' && (c <= ' ' || c > '~'); }, '?');
  return fmt::format("{}/{}", host.data(), getpid()).substr(0, 128);
}

DatabaseAddress database_address(const Settings& settings) {
  const DatabaseSettings& from = settings.database;
  DatabaseAddress address;
  address.socket = from.socket;
  address.host = from.host;
  address.port = from.port;
  address.name = from.name;
  address.user = from.user;
  address.password = from.password;
  address.connect_timeout_ms = from.connect_timeout_ms;
  address.lock_wait_timeout_s = from.lock_wait_timeout_s;
  address.answer_timeout_s = from.answer_timeout_s;
  return address;
}

DatabaseAddress channel_database_address(const Settings& settings) {
  DatabaseAddress address = database_address(settings);
  address.user = settings.database.channel_user;
  address.password = settings.database.channel_password;
  return address;
}

namespace {

// One of each database for the whole process.
template <class Shared>
std::shared_ptr<Shared> shared_of(const DatabaseSettings& database,
                                  const std::function<std::shared_ptr<Shared>()>& make) {
  static std::mutex mutex;
  static std::map<std::tuple<std::string, std::string, int, std::string>, std::shared_ptr<Shared>>
      all;
  const std::lock_guard lock(mutex);
  auto& shared = all[{database.socket, database.host, database.port, database.name}];
  if (!shared) shared = make();
  return shared;
}

// What this process has seen of the ledger, whichever of its connections saw it.
std::shared_ptr<LedgerHistory> history_of(const DatabaseSettings& database) {
  return shared_of<LedgerHistory>(database, [] { return std::make_shared<LedgerHistory>(); });
}

std::shared_ptr<LedgerWaits> waits_of(const Settings& settings) {
  return shared_of<LedgerWaits>(
      settings.database, [&] { return std::make_shared<LedgerWaits>(database_address(settings)); });
}

}  // namespace

LedgerOptions ledger_options(const Settings& settings, std::function<void()> on_progress,
                             CommitObserver on_commit) {
  LedgerOptions options;
  options.transaction_attempts_max = settings.database.transaction_attempts_max;
  options.unstorable_attempts_max = settings.database.unstorable_attempts_max;
  options.on_progress = std::move(on_progress);
  options.on_commit = std::move(on_commit);
  options.history = history_of(settings.database);
  options.waits = waits_of(settings);
  options.holder = this_process();
  options.clock_skew_max = Span::seconds(settings.database.clock_skew_max_s);
  options.allow_as_of = settings.allow_as_of;
  return options;
}

SituationLimits situation_limits(const Settings& settings) {
  SituationLimits limits = settings.attention;
  limits.job_interval_s = (settings.jobs.interval_ms + 999) / 1'000;
  limits.clock_skew_max_s = settings.database.clock_skew_max_s;
  limits.may_be_ahead = settings.allow_as_of;
  return limits;
}

LedgerMeaning meaning_of(const Settings& settings) {
  return meaning_of(settings.catalogue, settings.business_time_zone,
                    static_cast<int>(settings.dedupe_window_days), settings.acceptance);
}

namespace {

// Again where the ledger has another history than this process knows: then the comparison begins
// with what is there, as the load does that follows.
MeaningComparison take_whatever_history(const Settings& settings, const LedgerMeaning& wanted,
                                        std::optional<Instant> as_of) {
  constexpr int attempts_max = 5;
  for (int attempt = 1;; ++attempt) {
    LedgerOptions options = ledger_options(settings);
    if (attempt > 1) options.history = std::make_shared<LedgerHistory>();
    MySqlLedger ledger(database_address(settings), options);
    MySqlDeploymentStore store(ledger);
    try {
      return take_meaning(store, wanted, as_of);
    } catch (const OtherHistory&) {
      if (attempt == attempts_max) throw;
    }
  }
}

}  // namespace

void take_meaning(const Settings& settings, std::optional<Instant> as_of) {
  const LedgerMeaning wanted = meaning_of(settings);
  const MeaningComparison comparison = take_whatever_history(settings, wanted, as_of);
  require_meaning(comparison);
  if (comparison.first) {
    log_event(events::meaning_recorded,
              "the ledger had no settings yet and takes these: amounts in {}, business days of {}",
              wanted.currency, wanted.business_time_zone);
  } else if (!comparison.changed.empty()) {
    std::vector<std::string> names;
    for (const auto& [name, value] : comparison.changed) names.push_back(name);
    log_event(events::meaning_recorded,
              "the ledger takes over what has changed in the settings: {}; see packctl deployment "
              "show",
              fmt::join(names, ", "));
  }
}

namespace {

UnpackLimits unpack_limits(const Settings& settings) {
  UnpackLimits limits;
  limits.max_zstd_window_bytes = settings.ingest.max_zstd_window_bytes;
  limits.max_unpack_ratio = settings.ingest.max_unpack_ratio;
  return limits;
}

ReaderLimits reader_limits(const Settings& settings) {
  ReaderLimits limits;
  limits.unit_records = settings.ingest.max_unit_records;
  limits.max_transaction_records = settings.ingest.max_transaction_records;
  limits.max_transaction_units = settings.ingest.max_transaction_units;
  limits.max_claimed_files = settings.ingest.max_claimed_files;
  limits.default_source = settings.spool.default_source;
  return limits;
}

}  // namespace

ContentLimits content_limits(const Settings& settings) {
  return {unpack_limits(settings), settings.ingest.max_line_bytes};
}

DecodeContext decode_context(const Settings& settings, const Catalogue& catalogue,
                             const KeyHasher& hasher, const BusinessCalendar& calendar) {
  DecodeContext context;
  context.catalogue = &catalogue;
  context.hasher = &hasher;
  context.calendar = &calendar;
  context.window = settings.acceptance;
  context.max_line_bytes = settings.ingest.max_line_bytes;
  context.unpack = unpack_limits(settings);
  return context;
}

IngestComposition::IngestComposition(const Settings& settings, LoopWatch::Loop* loop,
                                     CommitObserver on_commit)
    : settings_(settings),
      calendar_(BusinessCalendar::for_zone(settings.business_time_zone).value()),
      ledger_(database_address(settings),
              ledger_options(settings, beats_of(loop), std::move(on_commit))),
      lookups_(database_address(settings), ledger_options(settings, beats_of(loop))) {
  Session session(database_address(settings));
  require_schema(session);
  hasher_ = std::make_unique<KeyHasher>(read_hash_key(session));
  intern_catalogue(session, settings_.catalogue);
  spool_ = std::make_unique<SpoolDirectory>(settings.spool.directory, settings.spool.name,
                                            spool_name_max_bytes, content_limits(settings),
                                            beats_of(loop));
  spool_name_ = std::make_unique<SpoolName>(
      database_address(settings), SpoolNameHolder{spool_->name(), spool_->id(), this_process()},
      [history = history_of(settings.database)] { return history->mark().head.sequence; });
  spool_->claim_only_if([this] { return spool_name_->is_held(); });

  reader_ = std::make_unique<BatchReader>(
      *spool_, lookups_, decode_context(settings, settings_.catalogue, *hasher_, calendar_),
      reader_limits(settings));

  DecideContext decide;
  decide.catalogue = &settings_.catalogue;
  decide.calendar = &calendar_;
  decide.notices = settings_.notices.rules.get();
  ingest_ = std::make_unique<Ingest>(ledger_, *spool_, *reader_, decide,
                                     static_cast<int>(settings.dedupe_window_days), steps_of(loop));
}

void IngestComposition::take_meaning(const Settings& settings, std::optional<Instant> as_of) {
  packwarden::take_meaning(settings, as_of);
  spool_name_->tell_meaning(digest_of(meaning_of(settings)));
}

void IngestComposition::change(const Settings& settings) {
  ingest_->change([&](DecideContext& decide) {
    settings_ = settings;
    decide.notices = settings_.notices.rules.get();
    spool_->set_limits(content_limits(settings));
    reader_->change(decode_context(settings, settings_.catalogue, *hasher_, calendar_),
                    reader_limits(settings));
  });
}

}  // namespace packwarden
