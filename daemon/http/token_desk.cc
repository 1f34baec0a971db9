#include "http/token_desk.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "http/token_file.h"

namespace packwarden {
namespace {

namespace fs = std::filesystem;

constexpr mode_t file_mode = 0640;

[[noreturn]] void fail(const std::string& what, int error) {
  throw TokensUnavailable(fmt::format(
      "{}: {}. Run packctl token as root or as the owner of the folder, or name another "
      "file with http.tokens_file",
      what, std::generic_category().message(error)));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

// The folder of the tokens, locked against others that change them until this goes.
class LockedFolder {
 public:
  explicit LockedFolder(const std::string& file)
      : path_(fs::path(file).parent_path()),
        fd_(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (fd_.get() < 0) fail(fmt::format("The folder {} cannot be opened", path_), errno);
    while (::flock(fd_.get(), LOCK_EX) != 0) {
      if (errno != EINTR) fail(fmt::format("The folder {} cannot be locked", path_), errno);
    }
  }
  int fd() const { return fd_.get(); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  Descriptor fd_;
};

std::vector<TokenEntry> read_or_throw(const std::string& path) {
  auto list = read_tokens(path);
  if (!list) throw TokensUnavailable(list.error());
  return std::move(list->tokens);
}

// Owner and group of the file that is replaced; those of a new one: who runs this, and the folder's
// group.
void take_owner(int fd, const LockedFolder& folder, const std::string& path) {
  struct stat wanted {};
  const bool is_there = ::stat(path.c_str(), &wanted) == 0;
  if (!is_there && ::fstat(folder.fd(), &wanted) != 0) {
    fail(fmt::format("{} cannot be looked at", folder.path()), errno);
  }
  struct stat now {};
  if (::fstat(fd, &now) != 0) fail(fmt::format("{} cannot be looked at", path), errno);
  const uid_t owner = is_there ? wanted.st_uid : now.st_uid;
  if (owner == now.st_uid && wanted.st_gid == now.st_gid) return;
  if (::fchown(fd, owner, wanted.st_gid) != 0) {
    fail(fmt::format("{} cannot be given to its owner and group", path), errno);
  }
}

void write_all(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t put = ::write(fd, text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) fail(fmt::format("{} cannot be written", path), errno);
    text.remove_prefix(static_cast<std::size_t>(put));
  }
}

void replace(const LockedFolder& folder, const std::string& path,
             const std::vector<TokenEntry>& tokens) {
  std::string text;
  for (const TokenEntry& token : tokens) {
    text += fmt::format("{} sha256:{}\n", token.name, to_hex(token.hash));
  }
  const std::string name = fs::path(path).filename();
  const std::string temporary = "." + name + ".new";
  if (::unlinkat(folder.fd(), temporary.c_str(), 0) != 0 && errno != ENOENT) {
    fail(fmt::format("{}/{} is in the way", folder.path(), temporary), errno);
  }
  try {
    const Descriptor file(::openat(folder.fd(), temporary.c_str(),
                                   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (file.get() < 0) fail(fmt::format("{} cannot be made", path), errno);
    write_all(file.get(), text, path);
    take_owner(file.get(), folder, path);
    if (::fchmod(file.get(), file_mode) != 0 || ::fsync(file.get()) != 0) {
      fail(fmt::format("{} cannot be written", path), errno);
    }
    if (::renameat(folder.fd(), temporary.c_str(), folder.fd(), name.c_str()) != 0) {
      fail(fmt::format("{} cannot be replaced", path), errno);
    }
  } catch (const TokensUnavailable&) {
    ::unlinkat(folder.fd(), temporary.c_str(), 0);
    throw;
  }
  if (::fsync(folder.fd()) != 0) {
    fail(fmt::format("{} is written, but may be lost with the power", path), errno);
  }
}

std::string new_token() {
  Digest random{};
  std::size_t size = 0;
  while (size < random.size()) {
    const ssize_t got = ::getrandom(random.data() + size, random.size() - size, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("The kernel gives no random bytes", errno);
    size += static_cast<std::size_t>(got);
  }
  return to_hex(random);
}

auto find(std::vector<TokenEntry>& tokens, std::string_view name) {
  return std::find_if(tokens.begin(), tokens.end(),
                      [&](const TokenEntry& token) { return token.name == name; });
}

}  // namespace

// A link stays: what it points to is replaced.
TokenFileDesk::TokenFileDesk(const std::string& path)
    : path_(fs::weakly_canonical(fs::absolute(path))) {}

tl::expected<std::string, Refusal> TokenFileDesk::create(std::string_view name) {
  if (!is_token_name(name)) {
    return tl::unexpected(
        Refusal{"bad_name", "A token's name is 1 to 64 of A-Z a-z 0-9 . _ -: choose another."});
  }
  const LockedFolder folder(path_);
  std::vector<TokenEntry> tokens = read_or_throw(path_);
  if (find(tokens, name) != tokens.end()) {
    return tl::unexpected(Refusal{
        "token_exists",
        fmt::format("There is a token '{0}' already: choose another name, or revoke it first with "
                    "packctl token revoke {0}.",
                    name)});
  }
  if (tokens.size() >= max_tokens) {
    return tl::unexpected(Refusal{
        "too_many_tokens",
        fmt::format("There are {} tokens, and no more are allowed: revoke one.", max_tokens)});
  }
  std::string token = new_token();
  tokens.push_back({std::string(name), hash_of_token(token)});
  replace(folder, path_, tokens);
  return token;
}

std::vector<std::string> TokenFileDesk::names() {
  std::vector<std::string> names;
  for (TokenEntry& token : read_or_throw(path_)) names.push_back(std::move(token.name));
  return names;
}

tl::expected<void, Refusal> TokenFileDesk::revoke(std::string_view name) {
  const LockedFolder folder(path_);
  std::vector<TokenEntry> tokens = read_or_throw(path_);
  const auto token = find(tokens, name);
  if (token == tokens.end()) {
    return tl::unexpected(
        Refusal{"unknown_token", "There is no token of this name: look at packctl token list."});
  }
  tokens.erase(token);
  replace(folder, path_, tokens);
  return {};
}

}  // namespace packwarden
