#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/settings.h"
#include "app/settings_files.h"

namespace packwarden {
namespace {

using test::ScopedEnvironment;
using test::SettingsFiles;

struct Wrong {
  const char* name;
  const char* yaml;
  std::vector<std::string> errors;
};

class WrongSettings : public testing::TestWithParam<Wrong> {};

TEST_P(WrongSettings, are_refused_with_place_and_remedy) {
  const ScopedEnvironment no_credentials("CREDENTIALS_DIRECTORY", nullptr);
  const SettingsFiles files;
  const std::string path = files.write("p.yaml", GetParam().yaml);
  EXPECT_THAT(test::errors_of(files, path), testing::ElementsAreArray(GetParam().errors));
}

const Wrong wrong_shapes[] = {
    {"empty", "# nothing\n", {"p.yaml:1:1: the file is empty: write {} for all defaults"}},
    {"not_a_map", "- 1\n", {"p.yaml:1:1: the file: write \"key: value\" lines here"}},
    {"two_documents",
     "log_level: info\n---\nallow_as_of: true\n",
     {"p.yaml:3:1: a second YAML document begins here: keep one"}},
    {"syntax", "log_level: info\n bad: 2\n", {"p.yaml:2:5: this is not YAML: illegal map value"}},
    {"unknown_key_with_a_near_one",
     "spool:\n  scan_intervall_ms: 5\n",
     {"p.yaml:2:3: spool.scan_intervall_ms: unknown key: did you mean \"scan_interval_ms\"?"}},
    {"unknown_key_without_a_near_one",
     "dedupe:\n  zzzzzzzz: 5\n",
     {"p.yaml:2:3: dedupe.zzzzzzzz: unknown key: take it out, or give one of window_days"}},
    {"unknown_group",
     "chanels: []\n",
     {"p.yaml:1:1: chanels: unknown key: did you mean \"channels\"?"}},
    {"duplicate_key",
     "log_level: info\nlog_level: debug\n",
     {"p.yaml:2:1: log_level: stands in line 1 already: keep one of them"}},
    {"no_value",
     "log_level:\nspool:\n",
     {"p.yaml:1:1: log_level: has no value: give one, or take the key out",
      "p.yaml:2:1: spool: has no value: give one, or take the key out"}},
    {"group_is_no_map", "spool: here\n", {"p.yaml:1:8: spool: write \"key: value\" lines here"}},
    {"text_is_a_list",
     "business_time_zone: [a]\n",
     {"p.yaml:1:21: business_time_zone: give one text here, not a list or group"}},
    {"list_is_a_text",
     "channels: inbox\n",
     {"p.yaml:1:11: channels: give a list of at most 64 items"}},
    {"control_characters",
     "spool: {name: \"a\\tb\"}\n",
     {"p.yaml:1:15: spool.name: give a text of 1 to 128 bytes without control characters"}},
};

const Wrong wrong_values[] = {
    {"word_for_number",
     "ingest: {max_unit_records: many}\n",
     {"p.yaml:1:28: ingest.max_unit_records: \"many\" is not a whole number: give a whole number "
      "from 1 to 9000000"}},
    {"fraction_for_number",
     "ingest: {max_unit_records: 1.5}\n",
     {"p.yaml:1:28: ingest.max_unit_records: \"1.5\" is not a whole number: give a whole number "
      "from 1 to 9000000"}},
    {"quoted_number",
     "database: {host: db, port: \"3306\"}\n",
     {"p.yaml:1:28: database.port: \"3306\" is not a whole number: give a whole number from 1 to "
      "65535 without quotes"}},
    {"below_bounds",
     "ingest: {max_unit_records: 0}\n",
     {"p.yaml:1:28: ingest.max_unit_records: 0 is out of bounds: give a whole number from 1 to "
      "9000000"}},
    {"above_bounds",
     "ingest: {max_unit_records: 9000001}\n",
     {"p.yaml:1:28: ingest.max_unit_records: 9000001 is out of bounds: give a whole number from 1 "
      "to 9000000"}},
    {"beyond_64_bits",
     "acceptance: {max_skew_s: 99999999999999999999}\n",
     {"p.yaml:1:26: acceptance.max_skew_s: 99999999999999999999 is out of bounds: give a whole "
      "number from 0 to 86399"}},
    {"flag", "allow_as_of: yes\n", {"p.yaml:1:14: allow_as_of: give true or false"}},
    {"log_level",
     "log_level: loud\n",
     {"p.yaml:1:12: log_level: \"loud\" is none of its words: give one of debug, info, "
      "warning, error, critical"}},
    {"time_zone",
     "business_time_zone: Asia/Shangai\n",
     {"p.yaml:1:21: business_time_zone: the system knows no time zone \"Asia/Shangai\"; give a "
      "name "
      "such as Asia/Shanghai, and see that tzdata is installed"}},
    {"catalogue_file",
     "catalogue_file: none.yaml\n",
     {"p.yaml:1:17: catalogue_file: cannot read none.yaml: No such file or directory: give the "
      "path "
      "of the catalogue"}},
    {"password_in_the_file",
     "database:\n  password: s3cret\n",
     {"p.yaml:2:3: database.password: a password does not belong in this file: write it into a "
      "file "
      "of its own and name that with password_file"}},
    {"password_file",
     "database: {password_file: none}\n",
     {"p.yaml:1:27: database.password_file: cannot read none: No such file or directory: make it "
      "readable for the daemon, or name another file"}},
    {"password_file_of_many_lines",
     "database: {password_file: catalogue.yaml}\n",
     {"p.yaml:1:27: database.password_file: catalogue.yaml must hold the password as its only "
      "line"}},
};

const Wrong wrong_together[] = {
    {"U3_window_equal_to_what_is_accepted",
     "acceptance: {max_age_days: 35, max_skew_s: 0}\ndedupe: {window_days: 35}\n",
     {"p.yaml:2:23: dedupe.window_days: 35 days are not longer than acceptance.max_age_days plus "
      "acceptance.max_skew_s: give at least 36, or accept less (U3)"}},
    {"U3_default_window_below_what_is_accepted",
     "acceptance:\n  max_age_days: 36\n",
     {"p.yaml:2:17: dedupe.window_days: 36 days are not longer than acceptance.max_age_days plus "
      "acceptance.max_skew_s: give at least 37, or accept less (U3)"}},
    {"answer_timeout_below_lock_wait",
     "database: {lock_wait_timeout_s: 120}\n",
     {"p.yaml:1:33: database.lock_wait_timeout_s: answer_timeout_s must be longer than "
      "lock_wait_timeout_s: a server that waits for a lock says nothing meanwhile"}},
    {"socket_and_host",
     "database: {socket: /s, host: db}\n",
     {"p.yaml:1:20: database.socket: contradicts host and port: keep the socket or these"}},
    {"channel_names",
     "channels:\n"
     "  - {name: Inbox, plugin: a.so}\n"
     "  - {name: sms, plugin: a.so}\n"
     "  - {name: sms, plugin: ../a.so}\n"
     "  - {}\n",
     {"p.yaml:2:12: channels[0].name: give 1 to 32 of a-z, 0-9 and -, beginning with a letter, "
      "such "
      "as inbox",
      "p.yaml:4:12: channels[2].name: \"sms\" is taken: give each channel its own",
      "p.yaml:4:25: channels[2].plugin: give the name of a file in plugin_directory, without /",
      "p.yaml:5:5: channels[3].name: is missing: give the channel's name, such as inbox",
      "p.yaml:5:5: channels[3].plugin: is missing: give the plugin's file name, such as inbox.so"}},
    {"channel_is_no_map",
     "channels: [inbox]\n",
     {"p.yaml:1:12: channels[0]: write \"key: value\" lines here"}},
    {"channel_times",
     "channels:\n"
     "  - {name: sms, plugin: a.so, retry_min_ms: 10, retry_max_ms: 9,\n"
     "     send_timeout_ms: 2000, lease_s: 2}\n",
     {"p.yaml:2:63: channels[0].retry_max_ms: is below retry_min_ms: give at least 10",
      "p.yaml:3:38: channels[0].lease_s: does not outlast send_timeout_ms by 5 s, in which "
      "outcomes are stored: give at least 7"}},
    {"channel_limits",
     "channels:\n"
     "  - {name: alerts, plugin: a.so, quiet_hours: 22-8, on_unknown: ask,\n"
     "     settings: {a: [b]}}\n",
     {"p.yaml:2:5: channels[0].medium: is missing: give what it delivers to: sms, email, inbox or "
      "webhook",
      "p.yaml:2:47: channels[0].quiet_hours: give two times of day such as \"22:00-08:00\"",
      "p.yaml:2:65: channels[0].on_unknown: \"ask\" is none of its words: give one of hold, retry",
      "p.yaml:3:20: channels[0].settings.a: give one text here, not a list or group"}},
    {"http_address",
     "http: {listen: localhost}\n",
     {"p.yaml:1:16: http.listen: \"localhost\" is no address and port: give one such as "
      "127.0.0.1:8470 or [::]:8470, or off"}},
    {"http_any_port",
     "http: {listen: \"127.0.0.1:0\"}\n",
     {"p.yaml:1:16: http.listen: give a port from 1 to 65535"}},
    {"http_on_a_network_without_tls",
     "http: {listen: \"0.0.0.0:80\"}\n",
     {"p.yaml:1:16: http.listen: 0.0.0.0:80 is not a loopback address, so tokens would go over the "
      "network in the clear: give tls_certificate and tls_key, or listen on 127.0.0.1"}},
    {"http_certificate_without_a_key",
     "http: {tls_certificate: c.pem}\n",
     {"p.yaml:1:25: http.tls_certificate: stands alone: give tls_certificate and tls_key, or none "
      "of them"}},
    {"all_at_once_in_the_order_of_the_file",
     "log_level: loud\n"
     "ingest: {max_line_bytes: 1}\n"
     "spol: {}\n"
     "database: {port: x}\n",
     {"p.yaml:1:12: log_level: \"loud\" is none of its words: give one of debug, info, "
      "warning, error, critical",
      "p.yaml:2:26: ingest.max_line_bytes: 1 is out of bounds: give a whole number from 1024 to "
      "16777216",
      "p.yaml:3:1: spol: unknown key: did you mean \"spool\"?",
      "p.yaml:4:18: database.port: \"x\" is not a whole number: give a whole number from 1 to "
      "65535"}},
};

std::string name_of_row(const testing::TestParamInfo<Wrong>& row) {
  return row.param.name;
}

INSTANTIATE_TEST_SUITE_P(shape, WrongSettings, testing::ValuesIn(wrong_shapes), name_of_row);
INSTANTIATE_TEST_SUITE_P(value, WrongSettings, testing::ValuesIn(wrong_values), name_of_row);
INSTANTIATE_TEST_SUITE_P(together, WrongSettings, testing::ValuesIn(wrong_together), name_of_row);

TEST(Settings, refuse_a_file_that_cannot_be_read) {
  const SettingsFiles files;
  EXPECT_THAT(test::errors_of(files, files.path("none.yaml")),
              testing::ElementsAre("none.yaml:1:1: cannot be read: No such file or directory: give "
                                   "the path of a readable file"));
  EXPECT_THAT(test::errors_of(files, files.path(".")),
              testing::ElementsAre(
                  ".:1:1: cannot be read: Is a directory: give the path of a readable file"));
}

}  // namespace
}  // namespace packwarden
