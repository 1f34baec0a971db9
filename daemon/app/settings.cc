#include "app/settings.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>

#include "app/catalogue_reader.h"
#include "app/channel_settings.h"
#include "app/http_settings.h"
#include "app/notice_settings.h"
#include "app/settings_reader.h"
#include "domain/business_calendar.h"

namespace packwarden {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_yaml_bytes = 4 << 20;
constexpr std::size_t max_password_bytes = 4'096;
constexpr std::size_t max_path_bytes = 4'096;
constexpr std::size_t max_socket_bytes = 107;  // of sockaddr_un
constexpr std::size_t max_name_bytes = 128;
constexpr std::size_t max_database_name_bytes = 64;
constexpr std::size_t max_channels = 64;
constexpr const char* default_socket = "/run/mysqld/mysqld.sock";
constexpr const char* credential_name = "database-password";

constexpr std::int64_t max_days = 3'650;
constexpr std::int64_t max_attention_s = 31'536'000;
constexpr std::int64_t max_interval_ms = 3'600'000;
constexpr std::int64_t seconds_per_day = 86'400;

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
  return name.data();
}

class Loader {
 public:
  explicit Loader(const std::string& path) : folder_(fs::path(path).parent_path()), errors_(path) {}

  tl::expected<Settings, std::vector<SettingsError>> load(const std::string& path) {
    std::vector<SettingsError> all;
    FileErrors catalogue_errors{""};
    std::vector<FileErrors> template_errors;
    if (const auto text = read_small_file(path, max_yaml_bytes); !text) {
      errors_.add(YAML::Mark(), fmt::format("cannot be read: {}: give the path of a readable file",
                                            text.error()));
    } else if (const auto root = parse_yaml(*text, errors_)) {
      read(*root, catalogue_errors, template_errors);
    }
    errors_.move_to(all);
    catalogue_errors.move_to(all);
    for (FileErrors& file : template_errors) file.move_to(all);
    if (!all.empty()) return tl::unexpected(std::move(all));
    return std::move(settings_);
  }

 private:
  void read(const YAML::Node& node, FileErrors& catalogue_errors,
            std::vector<FileErrors>& template_errors) {
    MapReader root(node, node.Mark(), "", errors_);
    database(root.group("database"));
    spool(root.group("spool"));
    ingest(root.group("ingest"));
    jobs(root.group("jobs"));
    commands(root.group("commands"));
    keeping(root.group("keeping"));
    attention(root.group("attention"));
    windows(root);
    path(root, "plugin_directory", settings_.plugin_directory);
    root.list("channels", max_channels, [&](const YAML::Node& item, const std::string& name) {
      read_channel_settings(MapReader(item, item.Mark(), name, errors_), folder_,
                            settings_.channels);
    });
    read_notice_settings(root.group("notices"), folder_, settings_.channels, settings_.notices,
                         template_errors);
    read_http_settings(root.group("http"), folder_, settings_.http);
    metrics(root.group("metrics"));
    root.one_of("log_level", settings_.log_level,
                {"debug", "info", "warning", "error", "critical"});
    log_limit(root.group("log_limit"));
    root.flag("allow_as_of", settings_.allow_as_of);
    catalogue(root, catalogue_errors);
    root.finish();
  }

  void database(MapReader map) {
    DatabaseSettings& out = settings_.database;
    map.refuse("password",
               "a password does not belong in this file: write it into a file of its own and name "
               "that with password_file");
    path(map, "socket", out.socket, max_socket_bytes);
    map.text("host", out.host, 255);
    map.whole_number("port", out.port, {1, 65'535});
    const bool over_network = map.has("host") || map.has("port");
    if (over_network && map.has("socket")) {
      map.error_at_value("socket", "contradicts host and port: keep the socket or these");
    }
    if (!over_network && !map.has("socket")) out.socket = default_socket;
    map.text("name", out.name, max_database_name_bytes);
    map.text("user", out.user, max_name_bytes);
    passwords(map);
    map.whole_number("connect_timeout_ms", out.connect_timeout_ms, {100, 600'000});
    map.whole_number("lock_wait_timeout_s", out.lock_wait_timeout_s, {1, 3'600});
    map.whole_number("clock_skew_max_s", out.clock_skew_max_s, {1, 3'600});
    map.whole_number("behind_wait_s", out.behind_wait_s, {1, 86'400});
    map.whole_number("answer_timeout_s", out.answer_timeout_s, {1, 86'400});
    if (out.answer_timeout_s <= out.lock_wait_timeout_s) {
      map.error_at_value(map.has("answer_timeout_s") ? "answer_timeout_s" : "lock_wait_timeout_s",
                         "answer_timeout_s must be longer than lock_wait_timeout_s: a server that "
                         "waits for a lock says nothing meanwhile");
    }
    map.whole_number("transaction_attempts_max", out.transaction_attempts_max, {1, 1'000});
    map.whole_number("unstorable_attempts_max", out.unstorable_attempts_max, {1, 100});
    map.one_of("unsafe_server", out.unsafe_server, {"refuse", "warn"});
    map.finish();
  }

  // From password_file, else from the systemd credential, else from the file of its name beside the
  // settings, else none (the server then knows the user by the socket).
  void passwords(MapReader& map) {
    DatabaseSettings& out = settings_.database;
    if (const auto file =
            map.has("password_file") ? named_file(map, "password_file") : credential_file()) {
      password(map, "password_file", *file, out.password);
    }
    out.channel_password = out.password;
    if (const auto file = named_file(map, "channel_password_file")) {
      password(map, "channel_password_file", *file, out.channel_password);
    }
    out.channel_user = out.user;
    map.text("channel_user", out.channel_user, max_name_bytes);
  }

  std::optional<std::string> named_file(MapReader& map, const char* key) {
    std::string file;
    path(map, key, file);
    return file.empty() ? std::nullopt : std::optional(file);
  }

  // What the unit hands to the service is that same file: so packctl finds it, run by root.
  std::optional<std::string> credential_file() const {
    const char* const credentials = std::getenv("CREDENTIALS_DIRECTORY");
    const bool is_service = credentials != nullptr && *credentials != '\0';
    const std::string file =
        ((is_service ? fs::path(credentials) : folder_) / credential_name).string();
    std::error_code failed;
    if (fs::status(file, failed).type() == fs::file_type::not_found) return std::nullopt;
    return file;
  }

  void password(MapReader& map, const char* key, const std::string& file, std::string& out) {
    auto text = read_small_file(file, max_password_bytes);
    if (!text) {
      map.error_at_value(key, fmt::format("cannot read {}: {}: make it readable for "
                                          "the daemon, or name another file",
                                          file, text.error()));
      return;
    }
    if (!text->empty() && text->back() == '\n') text->pop_back();
    if (!text->empty() && text->back() == '\r') text->pop_back();
    if (text->empty() || !is_printable(*text)) {
      map.error_at_value(key, fmt::format("{} must hold the password as its only line", file));
      return;
    }
    out = std::move(*text);
  }

  void spool(MapReader map) {
    SpoolSettings& out = settings_.spool;
    path(map, "directory", out.directory);
    out.name = host_name();
    map.text("name", out.name, max_name_bytes);
    out.default_source = out.name;
    map.text("default_source", out.default_source, max_source_bytes);
    map.whole_number("scan_interval_ms", out.scan_interval_ms, {10, max_interval_ms});
    map.whole_number("done_days", out.done_days, {1, max_days});
    map.finish();
  }

  void ingest(MapReader map) {
    IngestSettings& out = settings_.ingest;
    map.whole_number("max_unit_records", out.max_unit_records, {1, 9'000'000});
    map.whole_number("max_transaction_records", out.max_transaction_records, {1, 9'000'000});
    map.whole_number("max_transaction_units", out.max_transaction_units, {1, 100'000});
    map.whole_number("max_line_bytes", out.max_line_bytes, {1'024, 16'777'216});
    map.whole_number("max_claimed_files", out.max_claimed_files, {1, 1'000'000});
    map.whole_number("max_zstd_window_bytes", out.max_zstd_window_bytes, {1'024, 1'073'741'824});
    map.whole_number("max_unpack_ratio", out.max_unpack_ratio, {1, 1'000'000});
    map.finish();
  }

  void jobs(MapReader map) {
    JobSettings& out = settings_.jobs;
    map.whole_number("interval_ms", out.interval_ms, {100, max_interval_ms});
    map.whole_number("lease_s", out.lease_s, {1, seconds_per_day});
    map.whole_number("settlement_accounts", out.settlement_accounts, {1, 1'000'000});
    map.whole_number("settlement_sessions", out.settlement_sessions, {1, 16});
    map.whole_number("settlement_spread_s", out.settlement_spread_s, {0, 14'400});
    map.finish();
  }

  void commands(MapReader map) {
    CommandLimits& out = settings_.commands;
    map.whole_number("names_at_once", out.names_at_once, {1, 10'000});
    map.whole_number("paid_names_max", out.paid_names_max, {1, 100'000});
    map.finish();
  }

  void metrics(MapReader map) {
    map.whole_number("sample_interval_s", settings_.metrics.sample_interval_s, {1, 3'600});
    map.finish();
  }

  void keeping(MapReader map) {
    map.whole_number("ended_deliveries_days", settings_.keeping.ended_deliveries_days,
                     {1, max_days});
    std::uint32_t inbox_days = 0;
    map.whole_number("inbox_days", inbox_days, {1, max_days});
    if (inbox_days > 0) settings_.keeping.inbox_days = inbox_days;
    map.finish();
  }

  void attention(MapReader map) {
    SituationLimits& out = settings_.attention;
    map.whole_number("file_age_s", out.file_age_s, {1, max_attention_s});
    map.whole_number("rejects_age_s", out.rejects_age_s, {1, max_attention_s});
    map.whole_number("job_late_s", out.job_late_s, {1, max_attention_s});
    map.whole_number("delivery_age_s", out.delivery_age_s, {1, max_attention_s});
    map.whole_number("free_bytes_min", out.free_bytes_min, {0, std::int64_t{1} << 50});
    map.finish();
  }

  void log_limit(MapReader map) {
    map.whole_number("lines", settings_.log_limit.lines, {1, 1'000'000});
    map.whole_number("interval_s", settings_.log_limit.interval_s, {1, seconds_per_day});
    map.finish();
  }

  void windows(MapReader& root) {
    std::int64_t max_age_days = settings_.acceptance.max_age.nanos / Span::days(1).nanos;
    std::int64_t max_skew_s = settings_.acceptance.max_skew.nanos / Span::seconds(1).nanos;
    MapReader acceptance = root.group("acceptance");
    acceptance.whole_number("max_age_days", max_age_days, {1, max_days - 2});
    acceptance.whole_number("max_skew_s", max_skew_s, {0, seconds_per_day - 1});
    acceptance.finish();
    settings_.acceptance = {Span::days(max_age_days), Span::seconds(max_skew_s)};

    MapReader dedupe = root.group("dedupe");
    dedupe.whole_number("window_days", settings_.dedupe_window_days, {1, max_days});
    dedupe.finish();

    const std::int64_t accepted_s = max_age_days * seconds_per_day + max_skew_s;
    if (settings_.dedupe_window_days * seconds_per_day > accepted_s) return;
    const YAML::Mark at = dedupe.has("window_days") ? dedupe.mark_of_value("window_days")
                                                    : acceptance.mark_of_value("max_age_days");
    errors_.add(at, fmt::format("dedupe.window_days: {} days are not longer than "
                                "acceptance.max_age_days plus acceptance.max_skew_s: give at least "
                                "{}, or accept less (U3)",
                                settings_.dedupe_window_days, accepted_s / seconds_per_day + 1));
  }

  void catalogue(MapReader& root, FileErrors& catalogue_errors) {
    root.text("business_time_zone", settings_.business_time_zone, max_name_bytes);
    const auto calendar = BusinessCalendar::for_zone(settings_.business_time_zone);
    if (!calendar) root.error_at_value("business_time_zone", calendar.error());

    path(root, "catalogue_file", settings_.catalogue_file);
    const auto text = read_small_file(settings_.catalogue_file, max_yaml_bytes);
    if (!text) {
      root.error_at_value("catalogue_file",
                          fmt::format("cannot read {}: {}: give the path of the catalogue",
                                      settings_.catalogue_file, text.error()));
      return;
    }
    catalogue_errors = FileErrors(settings_.catalogue_file);
    settings_.catalogue = read_catalogue(*text, calendar ? &*calendar : nullptr, catalogue_errors);
  }

  // A path, from the folder of packwarden.yaml where it is relative; the default too.
  void path(MapReader& map, std::string_view key, std::string& out,
            std::size_t max_bytes = max_path_bytes) {
    map.text(key, out, max_bytes);
    if (!out.empty()) out = (folder_ / out).lexically_normal().string();
  }

  fs::path folder_;
  FileErrors errors_;
  Settings settings_;
};

}  // namespace

std::string to_string(const SettingsError& error) {
  return fmt::format("{}:{}:{}: {}", error.file, error.line, error.column, error.message);
}

tl::expected<Settings, std::vector<SettingsError>> load_settings(const std::string& path) {
  return Loader(path).load(path);
}

}  // namespace packwarden
