#include "http/bearer_tokens.h"

#include <openssl/crypto.h>

#include <boost/beast/core/string.hpp>

#include "http/http_options.h"
#include "logging/log.h"

namespace packwarden {
namespace {

// Empty where the header is of another scheme.
std::string_view token_in(std::string_view authorization) {
  constexpr std::string_view scheme = "Bearer ";
  if (authorization.size() < scheme.size() ||
      !boost::beast::iequals(authorization.substr(0, scheme.size()), scheme)) {
    return {};
  }
  authorization.remove_prefix(scheme.size());
  while (authorization.starts_with(' ')) authorization.remove_prefix(1);
  return authorization;
}

}  // namespace

BearerTokens::BearerTokens(std::string path) : path_(std::move(path)) {
  auto list = read_tokens(path_);
  if (!list) throw HttpUnavailable("http.tokens_file: " + list.error());
  tokens_ = std::move(list->tokens);
  seen_ = list->stamp;
  if (!seen_.exists) {
    log_event(events::tokens_missing,
              "http: {} is not there: every request is refused until packctl token new makes it",
              path_);
  }
}

void BearerTokens::refresh() {
  if (stamp_of_file(path_) == seen_) return;
  auto list = read_tokens(path_);
  if (!list) {
    if (list.error() != refused_) {
      log_event(events::tokens_refused,
                "http.tokens_file: {}; the tokens stay as they were until then", list.error());
    }
    refused_ = std::move(list.error());
    return;
  }
  refused_.clear();
  seen_ = list->stamp;
  tokens_ = std::move(list->tokens);
  ++generation_;
  log_event(events::tokens_changed, "http: {} tokens hold now", tokens_.size());
}

bool BearerTokens::holds(const Digest& hash) const {
  int found = 0;
  for (const TokenEntry& token : tokens_) {
    found |= static_cast<int>(CRYPTO_memcmp(token.hash.data(), hash.data(), hash.size()) == 0);
  }
  return found != 0;
}

bool PresentedToken::holds(std::string_view authorization, const BearerTokens& tokens) {
  if (generation_ == tokens.generation() && authorization == authorization_) return holds_;
  const std::string_view token = token_in(authorization);
  holds_ = !token.empty() && tokens.holds(hash_of_token(token));
  authorization_.assign(authorization);
  generation_ = tokens.generation();
  return holds_;
}

}  // namespace packwarden
