#include "http/token_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/sha.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>

namespace packwarden {
namespace {

constexpr std::size_t max_name_bytes = 64;
constexpr std::size_t max_file_bytes = 1 << 20;
constexpr std::string_view hash_prefix = "sha256:";

std::string words_of(int error) {
  return std::generic_category().message(error);
}

std::optional<unsigned> digit_of(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  return std::nullopt;
}

std::optional<Digest> from_hex(std::string_view text) {
  Digest digest{};
  if (text.size() != digest.size() * 2) return std::nullopt;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const auto high = digit_of(text[2 * i]);
    const auto low = digit_of(text[2 * i + 1]);
    if (!high || !low) return std::nullopt;
    digest[i] = static_cast<std::uint8_t>(*high << 4U | *low);
  }
  return digest;
}

std::optional<TokenEntry> entry_of(std::string_view line) {
  const auto space = line.find(' ');
  if (space == std::string_view::npos || !is_token_name(line.substr(0, space))) return std::nullopt;
  std::string_view hash = line.substr(space + 1);
  if (!hash.starts_with(hash_prefix)) return std::nullopt;
  hash.remove_prefix(hash_prefix.size());
  const auto digest = from_hex(hash);
  if (!digest) return std::nullopt;
  return TokenEntry{std::string(line.substr(0, space)), *digest};
}

tl::expected<std::vector<TokenEntry>, std::string> parse(const std::string& path,
                                                         std::string_view text) {
  std::vector<TokenEntry> tokens;
  for (int number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    auto entry = entry_of(text.substr(0, end));
    if (!entry || end == std::string_view::npos) {
      return tl::unexpected(fmt::format(
          "{}:{}: this is not 'NAME sha256:HEX' with a line end: take the line out, and make a new "
          "token with packctl token new",
          path, number));
    }
    const auto same = [&](const TokenEntry& other) { return other.name == entry->name; };
    if (std::any_of(tokens.begin(), tokens.end(), same)) {
      return tl::unexpected(
          fmt::format("{}:{}: '{}' is there twice: keep one line", path, number, entry->name));
    }
    tokens.push_back(std::move(*entry));
    text.remove_prefix(end + 1);
  }
  if (tokens.size() > max_tokens) {
    return tl::unexpected(fmt::format("{} has {} tokens, at most {} are allowed: revoke some", path,
                                      tokens.size(), max_tokens));
  }
  return tokens;
}

FileStamp stamp_of(const struct stat& from) {
  const auto nanos = [](const timespec& at) { return at.tv_sec * 1'000'000'000 + at.tv_nsec; };
  return {true, from.st_dev, from.st_ino, from.st_size, nanos(from.st_mtim), nanos(from.st_ctim)};
}

tl::expected<std::string, std::string> read_all(int fd, const std::string& path) {
  std::string text(max_file_bytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(fd, text.data() + size, text.size() - size);
    if (got == 0) break;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return tl::unexpected(fmt::format("{} cannot be read: {}", path, words_of(errno)));
    }
    size += static_cast<std::size_t>(got);
  }
  if (size > max_file_bytes) {
    return tl::unexpected(
        fmt::format("{} is no file of tokens: it is over 1 MiB; name another "
                    "with http.tokens_file",
                    path));
  }
  text.resize(size);
  return text;
}

tl::expected<TokenList, std::string> read_open(int fd, const std::string& path) {
  struct stat state {};
  if (::fstat(fd, &state) != 0 || !S_ISREG(state.st_mode)) {
    return tl::unexpected(
        fmt::format("{} is no regular file: name one with http.tokens_file", path));
  }
  if ((state.st_mode & S_IRWXO) != 0) {
    return tl::unexpected(
        fmt::format("{} is open to all users of this host (mode {:04o}): chmod 0640 it", path,
                    state.st_mode & 07777U));
  }
  const auto text = read_all(fd, path);
  if (!text) return tl::unexpected(text.error());
  auto tokens = parse(path, *text);
  if (!tokens) return tl::unexpected(std::move(tokens.error()));
  return TokenList{std::move(*tokens), stamp_of(state)};
}

}  // namespace

bool is_token_name(std::string_view name) {
  return !name.empty() && name.size() <= max_name_bytes &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '_' || c == '-';
         });
}

FileStamp stamp_of_file(const std::string& path) {
  struct stat state {};
  return ::stat(path.c_str(), &state) == 0 ? stamp_of(state) : FileStamp{};
}

tl::expected<TokenList, std::string> read_tokens(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0 && errno == ENOENT) return TokenList{};
  if (fd < 0) {
    return tl::unexpected(
        fmt::format("{} cannot be read: {}: let it belong to the group of the daemon, mode 0640",
                    path, words_of(errno)));
  }
  auto list = read_open(fd, path);
  ::close(fd);
  return list;
}

Digest hash_of_token(std::string_view token) {
  Digest digest{};
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest.data());
  return digest;
}

}  // namespace packwarden
