#include "store/server_settings.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <functional>
#include <span>

namespace packwarden {
namespace {

// Statements and values that we send are a little over 1 MiB at most.
constexpr std::uint64_t smallest_packet_bytes = 4ULL << 20;
constexpr std::uint64_t smallest_buffer_pool_bytes = 512ULL << 20;

bool is_on(const std::string& value) {
  return value == "ON" || value == "1";
}

// What is no number is far from any bound.
std::uint64_t number_of(const std::string& value) {
  std::uint64_t number = 0;
  std::from_chars(value.data(), value.data() + value.size(), number);
  return number;
}

struct Rule {
  const char* setting;
  ServerFault fault;
  const char* wanted;
  // Whether `value` is wrong, the other settings given.
  std::function<bool(const std::string& value, const ServerSettings& all)> is_wrong;
  const char* consequence;  // goes behind "SETTING is VALUE: "
};

bool writes_binlog(const ServerSettings& all) {
  const auto found = all.find("log_bin");
  return found != all.end() && is_on(found->second);
}

// In the order in which they are told.
std::span<const Rule> rules() {
  using enum ServerFault;
  static const Rule all[] = {
      {"max_allowed_packet", unusable, "16777216",
       [](const auto& value, const auto&) { return number_of(value) < smallest_packet_bytes; },
       "the server hangs up on dedupe keys, which come in blobs of 1 MiB"},
      {"read_only", unusable, "OFF", [](const auto& value, const auto&) { return is_on(value); },
       "the server takes no writes. If it is a replica, name the primary in section database"},
      {"innodb_force_recovery", unusable, "0",
       [](const auto& value, const auto&) { return number_of(value) != 0; },
       "the server runs for a rescue. Restore it first (docs/OPERATIONS.md)"},
      {"binlog_format", unusable, "ROW",
       [](const auto& value, const auto& others) {
         return writes_binlog(others) && value == "STATEMENT";
       },
       "the server refuses writes under READ COMMITTED, which we need"},
      {"innodb_flush_log_at_trx_commit", unsafe, "1",
       [](const auto& value, const auto&) { return value != "1"; },
       "a crash of its host loses usage that receipts call taken"},
      {"sync_binlog", unsafe, "1",
       [](const auto& value, const auto& others) { return writes_binlog(others) && value != "1"; },
       "after a crash of its host, the server rolls back what its binary log has not, and so loses "
       "usage that receipts call taken"},
      {"innodb_doublewrite", unsafe, "ON",
       [](const auto& value, const auto&) { return value == "OFF" || value == "0"; },
       "a page that is half written when the power fails is lost, unless the file system writes "
       "pages whole"},
      {"log_bin", unwise, "ON", [](const auto& value, const auto&) { return !is_on(value); },
       "after a loss of the disk, only the last backup comes back. docs/OPERATIONS.md says how to "
       "restore to the last transaction"},
      {"slow_query_log", unwise, "OFF", [](const auto& value, const auto&) { return is_on(value); },
       "each statement is written out as text first, blobs of dedupe keys too, whether slow or "
       "not"},
      {"general_log", unwise, "OFF", [](const auto& value, const auto&) { return is_on(value); },
       "every statement is written to a file, with tenants' addresses and texts"},
      {"innodb_buffer_pool_size", unwise, "1073741824",
       [](const auto& value, const auto&) { return number_of(value) < smallest_buffer_pool_bytes; },
       "balances and indexes are read from disk again and again"},
  };
  return all;
}

}  // namespace

ServerSettings read_server_settings(Session& session) {
  if (!session.connected()) session.connect();
  std::string names;
  for (const Rule& rule : rules())
    names += fmt::format("{}'{}'", names.empty() ? "" : ", ", rule.setting);
  ServerSettings settings;
  session.for_each_row(
      fmt::format("SHOW GLOBAL VARIABLES WHERE Variable_name IN ({})", names),
      [&settings](RowView row) { settings.emplace(row[0].value(), row[1].value_or("")); });
  return settings;
}

std::vector<ServerFinding> judge_server_settings(const ServerSettings& settings) {
  std::vector<ServerFinding> findings;
  for (const Rule& rule : rules()) {
    const auto found = settings.find(rule.setting);
    if (found == settings.end() || !rule.is_wrong(found->second, settings)) continue;
    findings.push_back({rule.fault, rule.setting, found->second, rule.wanted,
                        fmt::format("{} of the database's server is {}: {}. It should be {}.",
                                    rule.setting, found->second, rule.consequence, rule.wanted)});
  }
  return findings;
}

}  // namespace packwarden
