#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "domain/ids.h"

namespace packwarden {

inline constexpr std::size_t max_tokens = 1'000;

struct TokenEntry {
  std::string name;
  Digest hash;  // SHA-256 of the token's text
};

// Tells one state of a file from another.
struct FileStamp {
  bool exists = false;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t size_bytes = 0;
  std::int64_t modified_ns = 0;
  std::int64_t changed_ns = 0;

  bool operator==(const FileStamp&) const = default;
};

// Of a path that cannot be looked at too: as if nothing were there.
FileStamp stamp_of_file(const std::string& path);

struct TokenList {
  std::vector<TokenEntry> tokens;
  FileStamp stamp;  // of what was read
};

// The file of tokens, `NAME sha256:HEX` a line; empty where there is none. The error is a sentence
// about the file with what to do: others may read or write it, a line is malformed, it cannot be
// read. Thread-safe.
tl::expected<TokenList, std::string> read_tokens(const std::string& path);

// 1 to 64 of A-Z a-z 0-9 . _ -
bool is_token_name(std::string_view name);

// SHA-256 of a token as it is sent.
Digest hash_of_token(std::string_view token);

}  // namespace packwarden
