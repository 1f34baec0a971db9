#include "spool/disk_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "spool/sha256.h"

namespace packwarden {
namespace {

constexpr std::size_t block_bytes = 1 << 20;

std::string no_usage_file(mode_t mode) {
  const char* what = S_ISDIR(mode)    ? "a directory"
                     : S_ISLNK(mode)  ? "a symbolic link"
                     : S_ISFIFO(mode) ? "a fifo"
                     : S_ISSOCK(mode) ? "a socket"
                                      : "a device";
  return fmt::format("it is {}, not a regular file", what);
}

tl::expected<Fd, std::string> open_regular(int root, const std::string& path, struct stat& status) {
  const auto fail = [&](const char* what, int error) -> tl::unexpected<std::string> {
    if (is_shortage(error)) fail_with("cannot open " + shown(path), error);
    return tl::unexpected(error == ENOENT ? std::string("it is not there, or no longer")
                                          : error_sentence(what, error));
  };
  // Looked at first: to open a device can already do something.
  if (fstatat(root, path.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return fail("it cannot be looked at", errno);
  }
  if (!S_ISREG(status.st_mode)) return tl::unexpected(no_usage_file(status.st_mode));
  Fd fd(openat(root, path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd.is_open()) return fail("it cannot be opened", errno);
  if (fstat(fd.get(), &status) != 0) return fail("it cannot be looked at", errno);
  if (!S_ISREG(status.st_mode)) return tl::unexpected(no_usage_file(status.st_mode));
  return fd;
}

bool same_time(const timespec& a, const timespec& b) {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

tl::expected<void, std::string> compare(const struct stat& now, const struct stat& at_open) {
  if (now.st_dev != at_open.st_dev || now.st_ino != at_open.st_ino) {
    return tl::unexpected(std::string("it was replaced by another file while it was being read"));
  }
  if (now.st_size != at_open.st_size) {
    return tl::unexpected(fmt::format("it {} from {} to {} bytes while it was being read",
                                      now.st_size < at_open.st_size ? "shrank" : "grew",
                                      at_open.st_size, now.st_size));
  }
  if (!same_time(now.st_mtim, at_open.st_mtim)) {
    return tl::unexpected(std::string("it was written to while it was being read"));
  }
  return {};
}

}  // namespace

tl::expected<std::unique_ptr<DiskFile>, std::string> DiskFile::open(
    std::shared_ptr<const Fd> root, std::string path, std::function<void()> on_block) {
  struct stat status {};
  auto fd = open_regular(root->get(), path, status);
  if (!fd) return tl::unexpected(fd.error());
  return std::unique_ptr<DiskFile>(
      new DiskFile(std::move(root), std::move(path), std::move(*fd), status, std::move(on_block)));
}

DiskFile::DiskFile(std::shared_ptr<const Fd> root, std::string path, Fd fd,
                   const struct stat& at_open, std::function<void()> on_block)
    : root_(std::move(root)),
      path_(std::move(path)),
      fd_(std::move(fd)),
      at_open_(at_open),
      on_block_(std::move(on_block)) {}

tl::expected<void, std::string> DiskFile::open_again() {
  if (fd_.is_open()) return {};
  struct stat status {};
  auto fd = open_regular(root_->get(), path_, status);
  if (!fd) return tl::unexpected(fd.error());
  if (auto same = compare(status, at_open_); !same) return same;
  fd_ = std::move(*fd);
  return {};
}

tl::expected<void, std::string> DiskFile::check_unchanged() const {
  struct stat now {};
  if (fstat(fd_.get(), &now) != 0) {
    return tl::unexpected(error_sentence("it cannot be looked at", errno));
  }
  return compare(now, at_open_);
}

// Fewer bytes than asked for only where the file ends.
tl::expected<std::size_t, std::string> DiskFile::read_some(std::uint64_t offset, char* into,
                                                           std::size_t size) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got =
        pread(fd_.get(), into + done, size - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return tl::unexpected(
          error_sentence(fmt::format("it cannot be read at byte {}", offset + done), errno));
    }
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
    if (on_block_) on_block_();
  }
  return done;
}

tl::expected<Digest, std::string> DiskFile::digest() {
  if (auto opened = open_again(); !opened) return tl::unexpected(opened.error());
  Sha256 sha;
  posix_fadvise(fd_.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  const std::size_t block = std::min<std::uint64_t>(block_bytes, size_bytes());
  const std::unique_ptr<char[]> buffer(new char[block]);
  for (std::uint64_t offset = 0; offset < size_bytes();) {
    const auto got =
        read_some(offset, buffer.get(), std::min<std::uint64_t>(block, size_bytes() - offset));
    if (!got) return tl::unexpected(got.error());
    if (*got == 0) break;  // it shrank, as the check below finds
    sha.add(buffer.get(), *got);
    offset += *got;
  }
  if (auto same = check_unchanged(); !same) return tl::unexpected(same.error());
  return sha.finish();
}

tl::expected<std::size_t, std::string> DiskFile::read(std::uint64_t offset, char* into,
                                                      std::size_t size) {
  if (auto opened = open_again(); !opened) return tl::unexpected(opened.error());
  const std::uint64_t rest = size_bytes() - std::min(size_bytes(), offset);
  const auto got = read_some(offset, into, std::min<std::uint64_t>(size, rest));
  if (!got) return got;
  if (auto same = check_unchanged(); !same) return tl::unexpected(same.error());
  if (offset + *got >= size_bytes()) fd_.close();
  return got;
}

}  // namespace packwarden
