#define SD_JOURNAL_SUPPRESS_LOCATION
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "logging/log_sink.h"

namespace packwarden {
namespace {

constexpr std::size_t value_bytes_max = 4'096;
constexpr const char* identifier = "packwardend";
constexpr const char* journal_socket = "/run/systemd/journal/socket";

// The fields of one record: NAME=VALUE, where a value may hold any bytes.
class Record {
 public:
  void add(const char* name, std::string_view value) {
    if (value.empty()) return;
    std::string& field = fields_.emplace_back(name);
    field.append("=").append(value.substr(0, value_bytes_max));
  }

  // 0, or what went wrong, as errno has it but negative.
  int send() {
    std::vector<iovec> parts;
    for (std::string& field : fields_) parts.push_back({field.data(), field.size()});
    return sd_journal_sendv(parts.data(), static_cast<int>(parts.size()));
  }

 private:
  std::vector<std::string> fields_;
};

class JournalSink : public LogSink {
 public:
  explicit JournalSink(const LogOptions& options)
      : process_(options.process),
        channel_(options.channel),
        last_words_head_(
            fmt::format("PRIORITY=2\nSYSLOG_IDENTIFIER={}\nPACKWARDEN_PROCESS={}\n{}", identifier,
                        process_, channel_.empty() ? "" : "PACKWARDEN_CHANNEL=" + channel_ + "\n")),
        fallback_(make_text_sink(options)) {}

  void write(const Event& event, const LogFields& fields, const std::string& line) override {
    Record record;
    record.add("MESSAGE", line);
    record.add("MESSAGE_ID", event.message_id);
    record.add("PRIORITY", std::to_string(static_cast<int>(event.level)));
    record.add("SYSLOG_IDENTIFIER", identifier);
    record.add("PACKWARDEN_EVENT", event.name);
    record.add("PACKWARDEN_PROCESS", process_);
    record.add("PACKWARDEN_ACCOUNT", fields.account);
    record.add("PACKWARDEN_FILE", fields.file);
    if (fields.batch != 0) record.add("PACKWARDEN_BATCH", std::to_string(fields.batch));
    record.add("PACKWARDEN_JOB", fields.job);
    record.add("PACKWARDEN_NOTICE", fields.notice);
    record.add("PACKWARDEN_CHANNEL", fields.channel.empty() ? channel_ : fields.channel);
    if (record.send() < 0) fallback_->write(event, fields, line);
  }

  // As sd_journal_sendv does for short records without line ends in them; that one uses memory.
  void write_last_words(const Event& event, const char* line) noexcept override {
    const std::array<const char*, 7> pieces = {last_words_head_.c_str(),
                                               "MESSAGE_ID=",
                                               event.message_id,
                                               "\nPACKWARDEN_EVENT=",
                                               event.name,
                                               "\nMESSAGE=",
                                               line};
    std::array<iovec, pieces.size() + 1> parts{};
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      parts[i] = {const_cast<char*>(pieces[i]), std::strlen(pieces[i])};
    }
    char end_of_line = '\n';
    parts.back() = {&end_of_line, 1};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, journal_socket);
    msghdr message{};
    message.msg_name = &address;
    message.msg_namelen = sizeof address;
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    const int socket_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket_fd < 0 || sendmsg(socket_fd, &message, MSG_NOSIGNAL) < 0) {
      fallback_->write_last_words(event, line);
    }
    if (socket_fd >= 0) close(socket_fd);
  }

 private:
  std::string process_;
  std::string channel_;
  std::string last_words_head_;
  std::unique_ptr<LogSink> fallback_;
};

}  // namespace

std::unique_ptr<LogSink> make_journal_sink(const LogOptions& options) {
  return std::make_unique<JournalSink>(options);
}

bool stderr_goes_to_journal() {
  const char* const stream = std::getenv("JOURNAL_STREAM");
  struct stat file {};
  if (stream == nullptr || fstat(STDERR_FILENO, &file) != 0) return false;
  return stream == fmt::format("{}:{}", file.st_dev, file.st_ino);
}

}  // namespace packwarden
