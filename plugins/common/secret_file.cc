#include "secret_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace pw_plugin {
namespace {

constexpr mode_t kEverybody = S_IROTH | S_IWOTH;

class File {
 public:
  // Not blocking, as the path may be that of a FIFO.
  explicit File(const std::string& path)
      : descriptor_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

SecretFile fault(std::string why) {
  return {"", std::move(why)};
}

SecretFile unreadable() {
  return fault(std::string("cannot be read (") + std::strerror(errno) +
               "); give the user of the channel the right to read it");
}

SecretFile checked_lines(std::string text, std::size_t lines_max) {
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  if (text.empty()) return fault("is empty; write the secret into it, as its only line");
  std::size_t lines = 1;
  for (const unsigned char byte : text) {
    if (byte == '\n' && ++lines <= lines_max) continue;
    if (byte == '\n' && lines_max == 1) {
      return fault("has more than one line; leave the secret alone in it");
    }
    if (byte == '\n') return fault("has more than " + std::to_string(lines_max) + " lines");
    if (byte < 0x20 || byte == 0x7F) {
      return fault("has control characters; write the secret into it as plain text");
    }
  }
  return {std::move(text), ""};
}

}  // namespace

SecretFile read_secret_file(const std::string& path, std::size_t bytes_max, std::size_t lines_max) {
  const File file(path);
  if (file.descriptor() < 0) return unreadable();
  struct stat status {};
  if (fstat(file.descriptor(), &status) != 0) return unreadable();
  if (!S_ISREG(status.st_mode)) return fault("is not a regular file");
  if ((status.st_mode & kEverybody) != 0) return fault("is open to every user; chmod 600 " + path);
  const std::size_t with_line_end = bytes_max + 2;
  std::string text(with_line_end + 1, '\0');  // one more shows that there is more
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = read(file.descriptor(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable();
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  SecretFile found = checked_lines(std::move(text), lines_max);
  if (found.secret.size() > bytes_max) {
    return fault("has more than " + std::to_string(bytes_max) + " bytes; is it the right file?");
  }
  return found;
}

}  // namespace pw_plugin
