#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace webhook {

// The keys in `text`: one or two lines of hex, at least 32 bytes each, the newest first. Empty
// where it is something else. Pure.
std::vector<std::string> read_keys(std::string_view text);

// The secret of an account, so that none needs to be stored. Tenants have it as whsec_ and its
// base64. Pure.
std::string account_secret(std::string_view key, std::string_view account);

// The value of webhook-signature (Standard Webhooks): one signature for each secret. Pure.
std::string signatures_of(const std::vector<std::string>& secrets, std::string_view id,
                          std::int64_t timestamp_s, std::string_view body);

}  // namespace webhook
