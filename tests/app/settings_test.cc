#include "app/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "app/http_settings.h"
#include "app/settings_files.h"
#include "support/places.h"

namespace packwarden {
namespace {

using test::ScopedEnvironment;
using test::SettingsFiles;

TEST(Settings, have_a_default_for_everything) {
  const ScopedEnvironment no_credentials("CREDENTIALS_DIRECTORY", nullptr);
  const SettingsFiles files;
  const auto settings = load_settings(files.write("p.yaml", "{}"));
  ASSERT_TRUE(settings);
  char host[256] = {};
  ASSERT_EQ(gethostname(host, sizeof host - 1), 0);
  EXPECT_EQ(settings->database.socket, "/run/mysqld/mysqld.sock");
  EXPECT_EQ(settings->database.password, "");
  EXPECT_EQ(settings->spool.name, host);
  EXPECT_EQ(settings->spool.default_source, host);
  EXPECT_EQ(settings->acceptance.max_age, Span::days(35));
  EXPECT_EQ(settings->acceptance.max_skew, Span::minutes(5));
  EXPECT_EQ(settings->http.listen, "127.0.0.1:8470");
  EXPECT_EQ(settings->http.tokens_file, files.path("tokens"));
  EXPECT_EQ(settings->catalogue_file, files.path("catalogue.yaml"));
  EXPECT_EQ(settings->business_time_zone, "Asia/Shanghai");
  EXPECT_FALSE(settings->allow_as_of);
  EXPECT_TRUE(settings->channels.empty());
}

TEST(Settings, stand_with_their_defaults_in_the_shipped_file) {
  const ScopedEnvironment no_credentials("CREDENTIALS_DIRECTORY", nullptr);
  const SettingsFiles files;
  const auto defaults = load_settings(files.write("p.yaml", "{}"));
  const auto shipped = load_settings(source_dir() + "/config/packwarden.yaml");
  ASSERT_TRUE(shipped) << to_string(shipped.error().front());
  EXPECT_EQ(shipped->database, defaults->database);
  EXPECT_EQ(shipped->spool, defaults->spool);
  EXPECT_EQ(shipped->ingest, defaults->ingest);
  EXPECT_EQ(shipped->jobs, defaults->jobs);
  EXPECT_EQ(shipped->keeping, defaults->keeping);
  EXPECT_EQ(shipped->metrics, defaults->metrics);
  EXPECT_EQ(shipped->attention, defaults->attention);
  EXPECT_EQ(shipped->acceptance.max_age, defaults->acceptance.max_age);
  EXPECT_EQ(shipped->acceptance.max_skew, defaults->acceptance.max_skew);
  EXPECT_EQ(shipped->dedupe_window_days, defaults->dedupe_window_days);
  EXPECT_EQ(shipped->business_time_zone, defaults->business_time_zone);
  EXPECT_EQ(shipped->plugin_directory, defaults->plugin_directory);
  EXPECT_EQ(shipped->http.tokens_file, source_dir() + "/config/tokens");
  HttpSettings shipped_http = shipped->http;
  shipped_http.tokens_file = defaults->http.tokens_file;
  EXPECT_EQ(shipped_http, defaults->http);
  EXPECT_EQ(shipped->notices.templates_directory, source_dir() + "/config/templates");
  EXPECT_EQ(shipped->notices.sms_parts_max, defaults->notices.sms_parts_max);
  NoticePolicy policy = shipped->notices.rules->policy;
  policy.set_channels({});
  EXPECT_EQ(policy, defaults->notices.rules->policy);
  EXPECT_EQ(shipped->log_level, defaults->log_level);
  EXPECT_EQ(shipped->log_limit, defaults->log_limit);
  EXPECT_EQ(shipped->allow_as_of, defaults->allow_as_of);

  ChannelSettings inbox;
  inbox.name = "inbox";
  inbox.medium = "inbox";
  inbox.plugin = "inbox.so";
  inbox.on_unknown = "retry";
  EXPECT_THAT(shipped->channels, testing::ElementsAre(inbox));
}

TEST(Settings, take_what_the_file_says) {
  const SettingsFiles files;
  files.write("secret", "s3cret\n");
  const auto settings = load_settings(files.write("p.yaml",
                                                  "database: {host: db, password_file: secret}\n"
                                                  "spool: {directory: spool, name: billing-1}\n"
                                                  "ingest: {max_unit_records: 9000000}\n"
                                                  "acceptance: {max_age_days: 2, max_skew_s: 0}\n"
                                                  "dedupe: {window_days: 3}\n"
                                                  "channels: [{name: sms, plugin: s.so,\n"
                                                  "  settings: {user: me, key_file: k}}]\n"
                                                  "allow_as_of: true\n"));
  ASSERT_TRUE(settings) << to_string(settings.error().front());
  EXPECT_EQ(settings->database.socket, "");
  EXPECT_EQ(settings->database.host, "db");
  EXPECT_EQ(settings->database.password, "s3cret");
  EXPECT_EQ(settings->spool.directory, files.path("spool"));
  EXPECT_EQ(settings->spool.default_source, "billing-1");
  EXPECT_EQ(settings->ingest.max_unit_records, 9'000'000u);
  EXPECT_EQ(settings->acceptance.max_age, Span::days(2));
  EXPECT_EQ(settings->dedupe_window_days, 3u);
  ASSERT_EQ(settings->channels.size(), 1u);
  EXPECT_EQ(settings->channels[0].plugin, "s.so");
  EXPECT_EQ(settings->channels[0].medium, "sms");
  EXPECT_EQ(settings->channels[0].on_unknown, "hold");
  EXPECT_THAT(settings->channels[0].settings,
              testing::ElementsAre(testing::Pair("user", "me"),
                                   testing::Pair("key_file", files.path("k"))));
  EXPECT_TRUE(settings->allow_as_of);
}

TEST(Settings, of_the_http_port_reach_its_options) {
  const SettingsFiles files;
  const auto settings = load_settings(files.write("p.yaml",
                                                  "http: {listen: \"[::]:443\", tokens_file: t,\n"
                                                  "  tls_certificate: /c.pem, tls_key: k.pem,\n"
                                                  "  max_connections: 7, idle_timeout_s: 8,\n"
                                                  "  header_timeout_s: 9, metrics: token,\n"
                                                  "  ready_database_max_age_s: 6}\n"
                                                  "metrics: {sample_interval_s: 5}\n"));
  ASSERT_TRUE(settings) << to_string(settings.error().front());
  const HttpOptions options = http_options(settings->http);
  EXPECT_TRUE(settings->http.is_on());
  EXPECT_EQ(options.listen, "[::]:443");
  EXPECT_EQ(options.tokens_file, files.path("t"));
  EXPECT_EQ(options.tls_certificate, "/c.pem");
  EXPECT_EQ(options.tls_key, files.path("k.pem"));
  EXPECT_EQ(options.max_connections, 7u);
  EXPECT_EQ(options.idle_timeout_ms, 8'000u);
  EXPECT_EQ(options.header_timeout_ms, 9'000u);
  EXPECT_EQ(options.metrics, HttpOptions::Metrics::token);
  EXPECT_EQ(settings->http.ready_database_max_age_s, 6u);
  EXPECT_EQ(settings->metrics.sample_interval_s, 5u);
  EXPECT_FALSE(load_settings(files.write("q.yaml", "http: {listen: off}\n"))->http.is_on());
}

TEST(Settings, take_the_password_from_the_systemd_credential_where_no_file_is_named) {
  const SettingsFiles files;
  const ScopedEnvironment credentials("CREDENTIALS_DIRECTORY", files.path("").c_str());
  const std::string path = files.write("p.yaml", "{}");
  EXPECT_EQ(load_settings(path)->database.password, "");

  files.write("database-password", "from systemd\r\n");
  EXPECT_EQ(load_settings(path)->database.password, "from systemd");

  files.write("secret", "from file");
  EXPECT_EQ(load_settings(files.write("q.yaml", "database: {password_file: secret}\n"))
                ->database.password,
            "from file");
}

TEST(Settings, take_the_password_from_the_file_beside_them_where_there_are_no_credentials) {
  const SettingsFiles files;
  const ScopedEnvironment no_credentials("CREDENTIALS_DIRECTORY", nullptr);
  const std::string path = files.write("p.yaml", "{}");
  EXPECT_EQ(load_settings(path)->database.password, "");

  files.write("database-password", "from beside\n");
  EXPECT_EQ(load_settings(path)->database.password, "from beside");

  const SettingsFiles elsewhere;
  const ScopedEnvironment credentials("CREDENTIALS_DIRECTORY", elsewhere.path("").c_str());
  EXPECT_EQ(load_settings(path)->database.password, "");
}

TEST(Settings, refuse_a_credential_that_cannot_be_read) {
  const SettingsFiles files;
  const ScopedEnvironment credentials("CREDENTIALS_DIRECTORY", files.path("").c_str());
  std::filesystem::create_directory(files.path("database-password"));
  EXPECT_THAT(test::errors_of(files, files.write("p.yaml", "database:\n  user: pw\n")),
              testing::ElementsAre(
                  "p.yaml:1:1: database.password_file: cannot read database-password: Is a "
                  "directory: make it readable for the daemon, or name another file"));
}

TEST(Settings, never_show_a_password) {
  const SettingsFiles files;
  files.write("secret", "s3cret\ns3cret");
  const auto path = files.write("p.yaml", "database: {password: s3cret, password_file: secret}\n");
  for (const std::string& line : test::errors_of(files, path)) {
    EXPECT_THAT(line, testing::Not(testing::HasSubstr("s3cret")));
  }
}

}  // namespace
}  // namespace packwarden
