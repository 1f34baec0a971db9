#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "logging/event.h"
#include "logging/events.h"

// The log: to systemd's journal with fields where stderr goes there, else as text to stderr.
// docs/MESSAGES.md explains each event.
namespace packwarden {

struct LogOptions {
  std::string process;  // which of ours: ingest, up, channel-NAME
  std::string channel;  // that all its lines are about; empty: none
  LogLevel least_level = LogLevel::info;
  // More lines of one event in an interval are left out, and counted. Critical ones never are.
  std::uint32_t lines_max = 100;
  std::chrono::seconds interval{30};
  // Of text, as spdlog has them; %v is the line.
  std::string text_pattern = "%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %n: %v";
  bool may_use_journal = true;
};

// The log of the process, while it lives: one at a time, made before threads are. Its end tells
// what was left out. Without one, lines from info on go to stderr as text, all of them.
class Logging {
 public:
  explicit Logging(const LogOptions& options);
  ~Logging();
  Logging(const Logging&) = delete;
  Logging& operator=(const Logging&) = delete;
};

// What a line is about; what is empty or 0 is no field of it. Values may hold any bytes: long ones
// are cut.
struct LogFields {
  std::string_view account = {};
  std::string_view file = {};    // its name in the spool
  std::uint64_t batch = 0;       // the ledger transaction
  std::string_view job = {};     // as packctl job list has it
  std::string_view notice = {};  // the key of its delivery
  std::string_view channel = {};
};

// For log_event. Never fails; thread-safe.
void log_line(const Event& event, const LogFields& fields, fmt::string_view format,
              fmt::format_args arguments) noexcept;

// Writes a line. Control characters of the arguments are shown as \xNN: a name from outside cannot
// forge a line. Never throws: a log that takes no more stops nobody. Thread-safe.
template <typename... Arguments>
void log_event(const Event& event, const LogFields& fields, fmt::format_string<Arguments...> format,
               Arguments&&... arguments) noexcept {
  log_line(event, fields, format, fmt::make_format_args(arguments...));
}

template <typename... Arguments>
void log_event(const Event& event, fmt::format_string<Arguments...> format,
               Arguments&&... arguments) noexcept {
  log_line(event, {}, format, fmt::make_format_args(arguments...));
}

// For the handler of a signal, which may use neither memory nor locks. `line` is printable.
void log_last_words(const Event& event, const char* line) noexcept;

}  // namespace packwarden
