#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/token_file.h"

namespace packwarden {

// The tokens that hold now, in memory, kept like their file. One thread at a time.
class BearerTokens {
 public:
  // Throws HttpUnavailable where the file is refused (read_tokens); none yet is well.
  explicit BearerTokens(std::string path);

  // Looks whether the file has changed, and reads it then. One that is refused is logged, once, and
  // leaves the tokens as they are.
  void refresh();

  // Takes the same time whichever token it is, and whether or not it holds.
  bool holds(const Digest& hash) const;
  // Changes whenever the tokens do.
  std::uint64_t generation() const { return generation_; }

 private:
  std::string path_;
  FileStamp seen_;
  std::string refused_;  // why the file as it is now was refused; empty where it was not
  std::vector<TokenEntry> tokens_;
  std::uint64_t generation_ = 1;
};

// What one connection presented last: the same header again costs one comparison with itself.
// One thread at a time.
class PresentedToken {
 public:
  // Of the value of an Authorization header: "Bearer TOKEN".
  bool holds(std::string_view authorization, const BearerTokens& tokens);

 private:
  std::string authorization_;
  std::uint64_t generation_ = 0;
  bool holds_ = false;
};

}  // namespace packwarden
