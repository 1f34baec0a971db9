#include "logging/log.h"

#include <atomic>
#include <cstdio>
#include <limits>
#include <mutex>

#include "logging/log_limit.h"
#include "logging/log_sink.h"
#include "logging/shown_text.h"

namespace packwarden {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t line_bytes_max = 4'000;

class Log {
 public:
  explicit Log(const LogOptions& options)
      : least_level_(options.least_level),
        interval_(options.interval),
        limit_(options.lines_max, options.interval),
        sink_(options.may_use_journal && stderr_goes_to_journal() ? make_journal_sink(options)
                                                                  : make_text_sink(options)) {}

  void write(const Event& event, const LogFields& fields, fmt::string_view format,
             fmt::format_args arguments) {
    if (event.level > least_level_) return;
    if (!may_write(event, fields.channel)) return;
    sink_->write(event, fields, shown_text(fmt::vformat(format, arguments), line_bytes_max));
  }

  void set_level(LogLevel least_level) { least_level_ = least_level; }

  void write_last_words(const Event& event, const char* line) noexcept {
    sink_->write_last_words(event, line);
  }

  void finish() {
    std::unique_lock lock(mutex_);
    const std::vector<LogLimit::LeftOut> left_out = limit_.take_all();
    lock.unlock();
    tell(left_out);
  }

 private:
  // A critical one takes no lock here.
  bool may_write(const Event& event, std::string_view channel) {
    if (event.level == LogLevel::critical) return true;
    const auto now = steady_clock::now();
    std::unique_lock lock(mutex_);
    const std::vector<LogLimit::LeftOut> left_out = limit_.take_ended(now);
    const bool allowed = limit_.allows(event, channel, now);
    lock.unlock();
    tell(left_out);
    return allowed;
  }

  void tell(const std::vector<LogLimit::LeftOut>& left_out) {
    for (const LogLimit::LeftOut& one : left_out) {
      Event event = events::lines_left_out;
      event.level = one.event->level;  // as grave as what is not said
      sink_->write(
          event, {.channel = one.channel},
          fmt::format("{} more lines of {}{} within {} s were left out (log_limit)", one.lines,
                      one.event->name, one.channel.empty() ? "" : " of channel " + one.channel,
                      interval_.count()));
    }
  }

  std::atomic<LogLevel> least_level_;
  std::chrono::seconds interval_;
  std::mutex mutex_;
  LogLimit limit_;
  std::unique_ptr<LogSink> sink_;
};

LogOptions without_settings() {
  LogOptions options;
  options.process = "packwardend";
  options.lines_max = std::numeric_limits<std::uint32_t>::max();
  return options;
}

// Never destroyed: handlers of the end of the process and threads that nobody joins write too.
std::atomic<Log*> current = nullptr;

Log& the_log() {
  if (Log* const log = current) return *log;
  static Log* const without_any = new Log(without_settings());
  return *without_any;
}

}  // namespace

Logging::Logging(const LogOptions& options) {
  current = new Log(options);
}

Logging::~Logging() {
  try {
    the_log().finish();
  } catch (...) {
    std::fputs("packwarden: what the log left out cannot be said\n", stderr);
  }
}

void set_log_level(LogLevel least_level) {
  the_log().set_level(least_level);
}

void log_line(const Event& event, const LogFields& fields, fmt::string_view format,
              fmt::format_args arguments) noexcept {
  try {
    the_log().write(event, fields, format, arguments);
  } catch (...) {
    std::fprintf(stderr, "packwarden: a line of the log (%s) cannot be written\n", event.name);
  }
}

void log_last_words(const Event& event, const char* line) noexcept {
  the_log().write_last_words(event, line);
}

}  // namespace packwarden
