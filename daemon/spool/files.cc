#include "spool/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <iterator>
#include <memory>
#include <system_error>

#include "usecases/spool_port.h"

namespace packwarden {
namespace {

constexpr std::size_t write_bytes = 256 * 1024;
constexpr mode_t again_mode = 0750;
constexpr int max_same_names = 99;
constexpr mode_t file_mode = 0640;

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

// What root makes in a spool is for the daemon, which is another user.
void give_to_owner(int root, const std::string& path) {
  struct stat spool {};
  if (root == AT_FDCWD || geteuid() != 0) return;
  if (fstat(root, &spool) != 0 ||
      fchownat(root, path.c_str(), spool.st_uid, spool.st_gid, AT_SYMLINK_NOFOLLOW) != 0) {
    fail_with("cannot give " + shown(path) + " to the owner of the spool", errno);
  }
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    close();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void Fd::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

std::string shown(std::string_view name) {
  std::string text;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
      fmt::format_to(std::back_inserter(text), "\\x{:02X}", byte);
    } else {
      text.push_back(c);
    }
  }
  return text;
}

std::string error_sentence(const std::string& what, int error) {
  return what + ": " + std::generic_category().message(error);
}

void fail_with(const std::string& what, int error) {
  throw SpoolUnavailable(error_sentence(what, error));
}

bool is_shortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOMEM || error == EINTR || error == EAGAIN;
}

void make_folder(int root, const std::string& path, mode_t mode) {
  if (mkdirat(root, path.c_str(), mode) == 0) {
    give_to_owner(root, path);
    if (fchmodat(root, path.c_str(), mode, 0) == 0) return;
  } else if (errno == EEXIST) {
    return;
  }
  fail_with("cannot make the folder " + shown(path), errno);
}

void for_each_entry(int root, const std::string& path,
                    const std::function<void(int folder, std::string_view name)>& visit) {
  Fd fd(openat(root, path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.is_open()) fail_with("cannot open the folder " + path, errno);
  const std::unique_ptr<DIR, CloseFolder> folder(fdopendir(fd.get()));
  if (!folder) fail_with("cannot read the folder " + path, errno);
  const int number = fd.release();  // closed with `folder`
  for (;;) {
    errno = 0;
    const dirent* entry = readdir(folder.get());
    if (entry == nullptr) break;
    const std::string_view name(entry->d_name);
    if (name != "." && name != "..") visit(number, name);
  }
  if (errno != 0) fail_with("cannot read the folder " + path, errno);
}

bool is_usage_name(std::string_view name) {
  return !name.starts_with('.') && !name.ends_with(".tmp");
}

bool move_without_replacing(int root, const std::string& from, const std::string& entry,
                            const std::string& into) {
  const std::string path = from + "/" + entry;
  std::string folder = into;
  for (int same_names = 1; same_names <= max_same_names; ++same_names) {
    if (same_names > 1) {
      folder = into + "/again-" + std::to_string(same_names);
      make_folder(root, folder, again_mode);
    }
    if (renameat2(root, path.c_str(), root, (folder + "/" + entry).c_str(), RENAME_NOREPLACE) ==
        0) {
      return true;
    }
    if (errno == EEXIST) continue;
    struct stat status {};
    if (errno == ENOENT && fstatat(root, path.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      return false;
    }
    break;
  }
  fail_with("cannot move " + shown(path) + " to " + folder, errno);
}

NewFile::NewFile(int root, std::string temporary_path)
    : root_(root), temporary_path_(std::move(temporary_path)) {
  fd_ = Fd(openat(root_, temporary_path_.c_str(),
                  O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, file_mode));
  if (!fd_.is_open()) fail_with("cannot write " + temporary_path_, errno);
  give_to_owner(root_, temporary_path_);
}

NewFile::~NewFile() {
  if (!finished_) unlinkat(root_, temporary_path_.c_str(), 0);
}

void NewFile::append(std::string_view bytes) {
  buffer_.append(bytes);
  if (buffer_.size() >= write_bytes) flush();
}

void NewFile::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const ssize_t written = write(fd_.get(), rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_with("cannot write " + temporary_path_, errno);
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  buffer_.clear();
}

void NewFile::sync() {
  flush();
  if (fsync(fd_.get()) != 0) fail_with("cannot sync " + temporary_path_, errno);
}

void NewFile::finish(const std::string& path) {
  flush();
  fd_.close();
  if (renameat(root_, temporary_path_.c_str(), root_, path.c_str()) != 0) {
    fail_with("cannot write " + shown(path), errno);
  }
  finished_ = true;
}

bool NewFile::finish_new(const std::string& path) {
  sync();
  fd_.close();
  if (renameat2(root_, temporary_path_.c_str(), root_, path.c_str(), RENAME_NOREPLACE) != 0) {
    if (errno == EEXIST) return false;
    fail_with("cannot write " + shown(path), errno);
  }
  finished_ = true;
  return true;
}

}  // namespace packwarden
