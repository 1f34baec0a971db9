// Writes what tests/logging/journal_test.py looks for, as a process of Packwarden would.
#include <csignal>
#include <iostream>
#include <string>
#include <string_view>

#include "logging/log.h"

namespace packwarden {
namespace {

using namespace std::literals;

void fields() {
  log_event(events::delivery_held,
            {.account = "tenant-1",
             .file = "usage.csv",
             .batch = 42,
             .job = "settle",
             .notice = "pack_usage/1",
             .channel = "email"},
            "all fields at once: {}", 1);
  log_event(events::file_failed, "no field");
  log_event(events::read_repeated, "below log_level");
}

// A name as only somebody who means harm gives it.
void hostile() {
  const std::string name = "a\nMESSAGE=forged\nPRIORITY=0\x1b[31m\0b\xff\xe2\x80\xaeyes"s;
  log_event(events::file_failed, {.file = name}, "file '{}' could not be read", name);
  const std::string huge(1 << 20, 'x');
  log_event(events::file_failed, {.file = huge}, "file '{}' is huge", huge);
}

void flood(int count) {
  for (int i = 0; i < count; ++i) {
    log_event(events::file_taken, {.file = std::to_string(i)}, "file '{}' is taken", i);
    log_event(events::stopped_by_fault, "critical {}", i);
  }
}

void on_signal(int) {
  log_last_words(events::plugin_ended, "channel sms: plugin x: crashed in deliver (signal 11)");
  std::_Exit(3);
}

int drive(int argc, char** argv) {
  LogOptions options;
  options.process = "channel-sms";
  options.channel = "sms";
  options.lines_max = 10;
  const Logging logging(options);
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "fields") fields();
    if (word == "hostile") hostile();
    if (word == "flood") flood(25);
    if (word == "crash") {
      std::signal(SIGSEGV, on_signal);
      std::raise(SIGSEGV);
    }
  }
  return 0;
}

}  // namespace
}  // namespace packwarden

int main(int argc, char** argv) {
  return packwarden::drive(argc, argv);
}
