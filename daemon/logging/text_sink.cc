#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "logging/log_sink.h"

namespace packwarden {
namespace {

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::critical:
      return spdlog::level::critical;
    case LogLevel::error:
      return spdlog::level::err;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::debug:
      break;
  }
  return spdlog::level::debug;
}

// As https://no-color.org asks.
spdlog::color_mode colours() {
  const char* const no_color = std::getenv("NO_COLOR");
  return no_color != nullptr && *no_color != '\0' ? spdlog::color_mode::never
                                                  : spdlog::color_mode::automatic;
}

class TextSink : public LogSink {
 public:
  explicit TextSink(const LogOptions& options)
      : logger_(options.process, std::make_shared<spdlog::sinks::stderr_color_sink_mt>(colours())) {
    logger_.set_pattern(options.text_pattern);
    logger_.set_level(spdlog::level::trace);
  }

  void write(const Event& event, const LogFields&, const std::string& line) override {
    logger_.log(level_of(event.level), line);
  }

  void write_last_words(const Event&, const char* line) noexcept override {
    char end_of_line = '\n';
    const iovec parts[] = {{const_cast<char*>(line), std::strlen(line)}, {&end_of_line, 1}};
    // Nothing can be done about a log that takes no more.
    [[maybe_unused]] const ssize_t written = writev(STDERR_FILENO, parts, 2);
  }

 private:
  spdlog::logger logger_;
};

}  // namespace

std::unique_ptr<LogSink> make_text_sink(const LogOptions& options) {
  return std::make_unique<TextSink>(options);
}

}  // namespace packwarden
