#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "domain/refusal.h"

namespace packwarden {

// The tokens cannot be read or written; what() says why and what to do.
struct TokensUnavailable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The bearer tokens of the daemon's HTTP port: who may ask. What is stored of a token is its
// SHA-256. Works beside a running daemon and beside others of its kind. All may throw
// TokensUnavailable.
class TokenDesk {
 public:
  virtual ~TokenDesk() = default;

  // A new token under a name of 1 to 64 of A-Z a-z 0-9 . _ - : 64 hexadecimal digits that are
  // stored nowhere. Refused: bad_name, token_exists, too_many_tokens.
  virtual tl::expected<std::string, Refusal> create(std::string_view name) = 0;
  // The names, in the order in which they were made.
  virtual std::vector<std::string> names() = 0;
  // Refused: unknown_token.
  virtual tl::expected<void, Refusal> revoke(std::string_view name) = 0;
};

}  // namespace packwarden
