#pragma once

namespace packwarden {

// What a level asks of the reader stands in docs/MESSAGES.md. The numbers are those of syslog.
enum class LogLevel { critical = 2, error = 3, warning = 4, info = 6, debug = 7 };

// A kind of line of the log; all stand in logging/events.h. It is told apart by its address.
struct Event {
  const char* name;        // as in docs/MESSAGES.md
  const char* message_id;  // of systemd's journal, for all time: 32 hexadecimal digits
  LogLevel level;
};

}  // namespace packwarden
