#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "domain/catalogue.h"
#include "domain/limits.h"
#include "notices/notice_rules.h"
#include "usecases/command_limits.h"
#include "usecases/situation.h"

namespace packwarden {

// What packwarden.yaml says, checked and complete. Every field's default stands in
// config/packwarden.yaml with its meaning and bounds; the names there are the names here
// (dedupe.window_days is dedupe_window_days). Relative paths are taken from the folder of
// packwarden.yaml.
struct DatabaseSettings {
  // Path of the server's Unix socket; empty: host and port. load_settings gives
  // /run/mysqld/mysqld.sock where the file has none of the three.
  std::string socket;
  std::string host = "127.0.0.1";
  std::uint16_t port = 3306;
  std::string name = "packwarden";
  std::string user = "packwarden";
  std::string password;  // from password_file or the systemd credential; empty where neither is
  // Of channel processes, which are not trusted; user and password where channel_user is not given.
  std::string channel_user;
  std::string channel_password;
  std::uint32_t connect_timeout_ms = 5'000;
  std::uint32_t lock_wait_timeout_s = 10;
  std::uint32_t clock_skew_max_s = 25;  // between this host's clock and the database's
  std::uint32_t behind_wait_s = 60;     // until an older database is a person's affair
  std::uint32_t answer_timeout_s = 120;
  std::uint32_t transaction_attempts_max = 10;
  std::uint32_t unstorable_attempts_max = 3;
  std::string unsafe_server = "refuse";  // or warn

  bool operator==(const DatabaseSettings&) const = default;
};

struct SpoolSettings {
  std::string directory = "/var/spool/packwarden";
  std::string name;            // of this spool: stands in receipts; the host's name by default
  std::string default_source;  // source of records that name none (U2); the spool's name by default
  std::uint32_t scan_interval_ms = 1'000;
  std::uint32_t done_days = 90;  // D3: how long files are kept in done/

  bool operator==(const SpoolSettings&) const = default;
};

struct IngestSettings {
  std::uint32_t max_unit_records = 1'000'000;  // B5
  // Small files are committed together up to this many data lines (U9).
  std::uint32_t max_transaction_records = 1'000'000;
  std::uint32_t max_transaction_units = 1'000;
  std::uint32_t max_line_bytes = 65'536;
  std::uint32_t max_claimed_files = 10'000;
  std::uint32_t max_zstd_window_bytes = 32U << 20;
  std::uint32_t max_unpack_ratio = 200;

  bool operator==(const IngestSettings&) const = default;
};

struct JobSettings {
  std::uint32_t interval_ms = 10'000;
  std::uint32_t lease_s = 60;
  std::uint32_t settlement_spread_s = 10'800;  // O6
  std::uint32_t settlement_accounts = 5'000;
  std::uint32_t settlement_sessions = 3;

  bool operator==(const JobSettings&) const = default;
};

struct KeepingSettings {
  std::uint32_t ended_deliveries_days = 90;  // D2
  std::optional<std::uint32_t> inbox_days;   // D2; none: for ever

  bool operator==(const KeepingSettings&) const = default;
};

struct ChannelSettings {
  std::string name;    // [a-z][a-z0-9-]{0,31}, unique
  std::string medium;  // sms, email, inbox or webhook; the name by default, where it is one of them
  std::string plugin;  // file name in plugin_directory, e.g. inbox.so
  std::uint32_t batch_max = 100;
  std::uint32_t poll_interval_ms = 500;
  std::uint32_t send_timeout_ms = 10'000;
  std::uint32_t lease_s = 60;
  std::uint32_t retry_min_ms = 1'000;
  std::uint32_t retry_max_ms = 300'000;
  std::uint32_t attempts_max = 1'000;
  std::uint32_t useful_for_s = 259'200;    // N6
  std::string on_unknown = "hold";         // or retry; of the in-site channel: retry
  std::uint32_t unknown_attempts_max = 5;  // with retry: then it is held
  std::uint32_t rate_max_per_s = 0;        // N7; 0: no limit, as for the next
  std::uint32_t recipient_max_per_hour = 0;
  std::string quiet_hours;  // N7: "22:00-08:00" in the business time zone; empty: none
  std::uint64_t memory_max_bytes = 268'435'456;
  std::uint32_t silent_max_s = 60;  // then its process hangs, and is killed
  // For the plugin: in the order of the file; the value of a key that ends in _file is an absolute
  // path.
  std::vector<std::pair<std::string, std::string>> settings;

  bool operator==(const ChannelSettings&) const = default;
};

struct NoticeSettings {
  std::string templates_directory = "templates";
  std::uint32_t sms_parts_max = 3;
  // What the folder's files and notices.kinds and notices.urgent say; never null once read.
  std::shared_ptr<const NoticeRules> rules;
};

struct HttpSettings {
  std::string listen = "127.0.0.1:8470";  // or "off"
  std::string tokens_file = "tokens";
  std::string tls_certificate;  // empty, as the key: without TLS
  std::string tls_key;
  std::string metrics = "open";  // /metrics: or token or off
  std::uint32_t max_connections = 1'000;
  std::uint32_t idle_timeout_s = 60;
  std::uint32_t header_timeout_s = 10;
  std::uint32_t ready_database_max_age_s = 10;

  bool is_on() const { return listen != "off"; }
  bool operator==(const HttpSettings&) const = default;
};

struct MetricsSettings {
  std::uint32_t sample_interval_s = 15;

  bool operator==(const MetricsSettings&) const = default;
};

struct LogLimitSettings {
  std::uint32_t lines = 100;
  std::uint32_t interval_s = 30;

  bool operator==(const LogLimitSettings&) const = default;
};

struct Settings {
  DatabaseSettings database;
  SpoolSettings spool;
  IngestSettings ingest;
  AcceptanceWindow acceptance;  // acceptance.max_age_days, acceptance.max_skew_s
  std::uint32_t dedupe_window_days = 36;
  JobSettings jobs;
  CommandLimits commands;
  KeepingSettings keeping;
  SituationLimits attention;  // job_interval_s follows from jobs.interval_ms: situation_limits
  std::string business_time_zone = "Asia/Shanghai";
  std::string catalogue_file = "catalogue.yaml";
  std::string plugin_directory = "/usr/lib/packwarden";
  std::vector<ChannelSettings> channels;
  NoticeSettings notices;
  HttpSettings http;
  MetricsSettings metrics;
  std::string log_level = "info";
  LogLimitSettings log_limit;
  bool allow_as_of = false;
  Catalogue catalogue;  // read from catalogue_file; ids are 0 until the database knows the names
};

struct SettingsError {
  std::string file;
  int line = 0;    // from 1
  int column = 0;  // from 1
  std::string message;
};

// "FILE:LINE:COLUMN: MESSAGE"
std::string to_string(const SettingsError& error);

// Reads packwarden.yaml, the catalogue and the templates that it names. All errors at once, in the
// order of the files: unknown keys (with the nearest known one as a suggestion), wrong types,
// values out of their bounds, settings that contradict each other (U3: the dedupe window must be
// longer than acceptance age plus skew), unreadable files, an unknown time zone.
tl::expected<Settings, std::vector<SettingsError>> load_settings(const std::string& path);

}  // namespace packwarden
