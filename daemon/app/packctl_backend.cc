#include "app/packctl_backend.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <iostream>
#include <optional>

#include "app/composition.h"
#include "app/history_daemon.h"
#include "app/settings.h"
#include "app/settings_reader.h"
#include "ctl/packctl.h"
#include "http/token_desk.h"
#include "logging/log.h"
#include "spool/directory_desk.h"
#include "spool/disk_file.h"
#include "store/deployment.h"
#include "store/deployment_store.h"
#include "store/inbox_store.h"
#include "store/job_rows.h"
#include "store/migrations.h"
#include "store/mysql_ledger.h"
#include "store/mysql_reports.h"
#include "store/notice_desk.h"
#include "store/server_settings.h"
#include "store/situation_reads.h"
#include "usecases/void_duplicates.h"
#include "usecases/webhook_secret.h"

namespace packwarden {
namespace {

// What the database refuses before the ledger has a word, as the ledger would say it.
template <class Callback>
auto reaching(Callback&& callback) {
  try {
    return callback();
  } catch (const DatabaseError& error) {
    throw LedgerUnavailable(fmt::format(
        "The database {}: {} ({}). {}", to_string(error.kind()), error.what(), error.code(),
        error.kind() == DatabaseErrorKind::refused
            ? "Look at user and password_file under 'database' in the settings."
            : "See that it runs, and look at 'database' in the settings."));
  }
}

tl::expected<std::string, Refusal> webhook_secret_of(const Settings& settings,
                                                     const std::string& account) {
  constexpr std::size_t max_key_file_bytes = 4'096;
  for (const ChannelSettings& channel : settings.channels) {
    if (channel.medium != name_of(Medium::webhook)) continue;
    for (const auto& [key, path] : channel.settings) {
      if (key != "key_file") continue;
      const auto keys = read_small_file(path, max_key_file_bytes);
      const std::string fault = keys ? "its first line is no key in hex of 32 bytes" : keys.error();
      const auto secret = keys ? webhook_secret(*keys, account) : std::nullopt;
      if (secret) return *secret;
      return tl::unexpected(Refusal{
          "no_webhook_key", fmt::format("{} has no key: {}. Run this as a user who may read it, or "
                                        "write one with: openssl rand -hex 32",
                                        path, fault)});
    }
  }
  return tl::unexpected(Refusal{"no_webhook_channel",
                                "No channel for webhooks with a key_file is set. Add one to "
                                "'channels' in the settings."});
}

// A person waits for as long as they like: an audit says nothing for minutes.
DatabaseAddress patient_address(const Settings& settings) {
  DatabaseAddress address = database_address(settings);
  address.answer_timeout_s = 0;
  return address;
}

class SettingsContext : public Context {
 public:
  explicit SettingsContext(Settings settings)
      : settings_(std::move(settings)),
        calendar_(BusinessCalendar::for_zone(settings_.business_time_zone).value()),
        stored_(settings_.catalogue),
        ledger_(patient_address(settings_), ledger_options(settings_)),
        reports_(patient_address(settings_)),
        jobs_(patient_address(settings_)),
        notices_(patient_address(settings_)),
        inbox_(patient_address(settings_)),
        situation_(database_address(settings_)) {  // live: a server that stands still is told
    for (const ChannelSettings& channel : settings_.channels) {
      channels_.push_back({channel.name, channel.medium, channel.plugin});
    }
  }

  bool allow_as_of() const override { return settings_.allow_as_of; }
  Instant now() const override {
    return {std::chrono::duration_cast<std::chrono::nanoseconds>(
                std::chrono::system_clock::now().time_since_epoch())
                .count()};
  }
  const BusinessCalendar& calendar() const override { return calendar_; }
  const Catalogue& catalogue() const override { return settings_.catalogue; }
  const NoticeRules& notice_rules() const override { return *settings_.notices.rules; }
  const Catalogue& stored_catalogue() override {
    require_meaning(true);
    if (!interned_) {
      reaching([&] { intern_catalogue(ledger_.session(), stored_); });
      interned_ = true;
    }
    return stored_;
  }
  CommandLimits command_limits() const override { return settings_.commands; }
  Ledger& ledger() override {
    require_meaning(true);
    return ledger_;
  }
  Ledger& ledger_as_it_is() override {
    require();
    return ledger_;
  }
  Ledger& ledger_by_clock() override {
    require_meaning(true);
    if (!by_clock_) {
      LedgerOptions options = ledger_options(settings_);
      options.accept_clock = true;
      by_clock_ = std::make_unique<MySqlLedger>(patient_address(settings_), options);
    }
    return *by_clock_;
  }
  Reports& reports() override {
    require_meaning(false);
    return reports_;
  }
  JobStore& jobs() override {
    require_meaning(false);
    return jobs_;
  }
  NoticeDesk& notice_desk() override {
    require();
    return notices_;
  }
  Inbox& inbox() override {
    require();
    return inbox_;
  }
  const std::vector<ConfiguredChannel>& channels() const override { return channels_; }
  SituationReads& situation_reads() override {
    require();
    return situation_;
  }
  SituationLimits situation_limits() const override {
    return packwarden::situation_limits(settings_);
  }
  DeploymentStore& deployment() override {
    require();
    return deployment_;
  }
  LedgerMeaning meaning() const override { return meaning_of(settings_); }
  SchemaChange migrate() override {
    Session session(patient_address(settings_));
    const auto outcome = reaching([&] { return packwarden::migrate(session); });
    return {outcome.from_version, outcome.to_version};
  }
  std::vector<ServerFinding> check_server() override {
    Session session(patient_address(settings_));
    return reaching([&] { return judge_server_settings(read_server_settings(session)); });
  }
  SpoolDesk& spool() override {
    if (!spool_) {
      spool_ =
          std::make_unique<DirectoryDesk>(settings_.spool.directory, content_limits(settings_));
    }
    return *spool_;
  }
  DaemonOfHistory& daemon_of_history() override {
    require_meaning(true);
    if (!daemon_) {
      daemon_ = reaching([&] { return std::make_unique<HistoryDaemon>(settings_); });
    }
    return *daemon_;
  }
  TokenDesk& tokens() override {
    if (!tokens_) tokens_ = std::make_unique<TokenFileDesk>(settings_.http.tokens_file);
    return *tokens_;
  }

  tl::expected<std::string, Refusal> webhook_secret(const std::string& account) override {
    return webhook_secret_of(settings_, account);
  }
  std::string find_duplicates(const Digest& digest, const FileWithDuplicates& file,
                              const std::function<void(std::uint64_t)>& line) override {
    if (file.spool != settings_.spool.name) return "it lies in another spool; ask there";
    auto bytes = spool().open_archived(file.claim, file.name);
    if (!bytes) return "it is no longer archived";
    if (voided_ != digest) {
      voided_keys_ = DedupeIndex();
      ledger().keys_of_file(digest, [this](const KeySegment& segment) {
        for (const RecordKey& key : segment.keys) voided_keys_.insert(key, segment.arrival_day);
      });
      Books books;
      ledger().load(
          Follower::rating, [&](Changes changes) { books.take_over(std::move(changes)); }, nullptr);
      directory_ = books.directory();
      voided_ = digest;
    }
    if (voided_keys_.size() == 0) return "the ids of the voided file were let go";
    DecodeContext context = decode_context(settings_, stored_catalogue(), hasher(), calendar_);
    context.directory = directory_;
    context.dedupe_floor = Instant::earliest();
    const FileOutcome outcome = ledger().outcomes_of(std::span(&file.digest, 1)).front();
    return find_duplicates_of(voided_keys_, context, outcome, std::move(bytes), file.units, line);
  }

  FileCheck check_file(const std::string& path, const std::string& name, Instant arrival,
                       const FileCheckSinks& sinks) override {
    FileCheckInput input{name, nullptr, arrival, settings_.spool.name,
                         settings_.spool.default_source};
    auto opened = DiskFile::open(std::make_shared<const Fd>(AT_FDCWD), path);
    if (!opened) {
      FileCheck check;
      check.failure = opened.error();
      return check;
    }
    input.bytes = std::move(*opened);
    const Catalogue& catalogue = stored_catalogue();
    return packwarden::check_file(decode_context(settings_, catalogue, hasher(), calendar_),
                                  ledger(), std::move(input), sinks);
  }

 private:
  void require() {
    if (known_) return;
    Session session(patient_address(settings_));
    reaching([&] { require_schema(session); });
    known_ = true;
  }

  // `may_change`: something is changed by these settings; where an empty database has nothing to
  // compare with, it takes what they say.
  void require_meaning(bool may_change) {
    require();
    if (may_change ? compared_for_change_ : compared_) return;
    if (may_change) {
      deployment_.require_newest();
      ledger_.head();  // from here on another meaning is another history
    }
    const auto compare = may_change ? compare_meaning : look_at_meaning;
    const MeaningComparison comparison = compare(deployment_, meaning());
    packwarden::require_meaning(comparison);
    if (may_change) require_taken_over(comparison);
    compared_ = compared_ || may_change || !comparison.first;
    compared_for_change_ = may_change;
  }

  const KeyHasher& hasher() {
    require();
    if (!hasher_) {
      hasher_ = reaching([&] { return KeyHasher(read_hash_key(ledger_.session())); });
    }
    return *hasher_;
  }

  Settings settings_;
  BusinessCalendar calendar_;
  Catalogue stored_;
  MySqlLedger ledger_;
  std::unique_ptr<MySqlLedger> by_clock_;
  MySqlDeploymentStore deployment_{ledger_};
  MySqlReports reports_;
  MySqlJobStore jobs_;
  MysqlNoticeDesk notices_;
  MysqlInbox inbox_;
  MysqlSituationReads situation_;
  std::vector<ConfiguredChannel> channels_;
  std::optional<KeyHasher> hasher_;
  std::unique_ptr<SpoolDesk> spool_;
  std::unique_ptr<TokenDesk> tokens_;
  std::unique_ptr<HistoryDaemon> daemon_;
  std::optional<Digest> voided_;  // whose keys are these
  DedupeIndex voided_keys_;
  std::shared_ptr<const AccountDirectory> directory_;
  bool known_ = false;
  bool compared_ = false;
  bool compared_for_change_ = false;
  bool interned_ = false;
};

std::vector<std::string> sentences(const std::vector<SettingsError>& errors) {
  std::vector<std::string> all;
  for (const SettingsError& error : errors) all.push_back(to_string(error));
  return all;
}

}  // namespace

ConfigCheck PackctlBackend::check_config(const std::string& path) {
  ConfigCheck check;
  const auto settings = load_settings(path);
  if (!settings) {
    check.mistakes = sentences(settings.error());
    return check;
  }
  try {
    Session session(database_address(*settings));
    reaching([&] { require_schema(session); });
    MySqlLedger ledger(database_address(*settings), ledger_options(*settings));
    MySqlDeploymentStore store(ledger);
    const MeaningComparison comparison = look_at_meaning(store, meaning_of(*settings));
    for (const RefusedChange& change : comparison.refused) check.refused.push_back(change.sentence);
    for (const auto& [name, value] : comparison.changed) check.changed.push_back(name);
    check.first = comparison.first;
  } catch (const LedgerUnavailable& unavailable) {
    check.not_compared = unavailable.what();
  }
  return check;
}

std::unique_ptr<Context> PackctlBackend::open(const std::string& path) {
  auto settings = load_settings(path);
  if (!settings) {
    throw ConfigBroken(
        fmt::format("The settings cannot be used. Mend them, or name others with "
                    "--config:\n{}",
                    fmt::join(sentences(settings.error()), "\n")));
  }
  return std::make_unique<SettingsContext>(std::move(*settings));
}

int packctl_main(int argc, char** argv) {
  // What runs again is said on stderr, so that stdout stays what a program expects.
  LogOptions log;
  log.process = "packctl";
  log.least_level = LogLevel::warning;
  log.text_pattern = "%n: %v";
  log.may_use_journal = false;
  const Logging logging(log);
  std::ios::sync_with_stdio(false);
  PackctlBackend backend;
  return run_packctl(argc, argv, backend, std::cout, std::cerr);
}

}  // namespace packwarden
