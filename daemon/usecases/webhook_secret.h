#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace packwarden {

// The secret with which the webhooks of an account are signed, as its holder gets it: whsec_ and
// base64. `keys` is the content of the channel's key_file, whose first line is the key in hex, of
// 32 bytes or more; nullopt where it is not. plugins/webhook makes the same of it. Pure.
std::optional<std::string> webhook_secret(std::string_view keys, std::string_view account_name);

}  // namespace packwarden
