#pragma once

#include <memory>
#include <string>

#include "logging/log.h"

namespace packwarden {

// Where lines go. Thread-safe.
class LogSink {
 public:
  virtual ~LogSink() = default;
  // `line` is printable, without its end.
  virtual void write(const Event& event, const LogFields& fields, const std::string& line) = 0;
  // For the handler of a signal: neither memory nor locks.
  virtual void write_last_words(const Event& event, const char* line) noexcept = 0;
};

// Text to stderr, in colours where that is a terminal and NO_COLOR is not set.
std::unique_ptr<LogSink> make_text_sink(const LogOptions& options);

// Records with fields to systemd's journal. One that it does not take goes to stderr.
std::unique_ptr<LogSink> make_journal_sink(const LogOptions& options);

// Whether stderr goes to the journal, as $JOURNAL_STREAM says (systemd.exec(5)).
bool stderr_goes_to_journal();

}  // namespace packwarden
