#include "spool/spool_id.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <optional>

#include "spool/files.h"

namespace packwarden {
namespace {

constexpr const char* id_file = ".id";
constexpr const char* id_file_being_written = ".id.tmp";
constexpr std::size_t id_characters = 32;

std::string text_of(const std::string& id, ino_t inode) {
  return fmt::format("{} {}\n", id, inode);
}

std::optional<std::string> read_id(int root) {
  const Fd file(openat(root, id_file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file.is_open()) {
    if (errno == ENOENT) return std::nullopt;
    fail_with("cannot open .id", errno);
  }
  struct stat status {};
  std::array<char, 128> bytes{};
  const ssize_t size = read(file.get(), bytes.data(), bytes.size());
  if (size < 0 || fstat(file.get(), &status) != 0) fail_with("cannot read .id", errno);
  const std::string text(bytes.data(), static_cast<std::size_t>(size));
  const std::string id = text.substr(0, id_characters);
  if (id.size() != id_characters || text != text_of(id, status.st_ino)) return std::nullopt;
  return id;
}

std::string random_id() {
  std::array<unsigned char, id_characters / 2> bits{};
  // So few bytes come whole once the system's generator is ready.
  while (getrandom(bits.data(), bits.size(), 0) != static_cast<ssize_t>(bits.size())) {
    if (errno != EINTR) fail_with("cannot make an id", errno);
  }
  return fmt::format("{:02x}", fmt::join(bits, ""));
}

void write_id(int root, const std::string& id) {
  struct stat folder {};
  struct stat status {};
  const Fd file(openat(root, id_file_being_written,
                       O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640));
  if (!file.is_open()) fail_with("cannot open .id.tmp", errno);
  if (fstat(root, &folder) != 0 || fstat(file.get(), &status) != 0) {
    fail_with("cannot look at .id.tmp", errno);
  }
  // Root, as who plays a history through, leaves it to the daemon.
  if (geteuid() == 0 && fchown(file.get(), folder.st_uid, folder.st_gid) != 0) {
    fail_with("cannot give .id.tmp to the owner of the spool", errno);
  }
  const std::string text = text_of(id, status.st_ino);
  if (write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      fsync(file.get()) != 0) {
    fail_with("cannot write .id.tmp", errno);
  }
  if (renameat(root, id_file_being_written, root, id_file) != 0) {
    fail_with("cannot rename .id.tmp to .id", errno);
  }
}

}  // namespace

std::string spool_id(int root) {
  if (auto id = read_id(root)) return *id;
  const std::string id = random_id();
  write_id(root, id);
  return id;
}

}  // namespace packwarden
