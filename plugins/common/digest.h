#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Hashes and their texts, over OpenSSL. Each throws std::runtime_error where OpenSSL fails.
// Thread-safe.
namespace pw_plugin {

// 32 bytes, as a string.
std::string sha256(std::string_view text);
std::string hmac_sha256(std::string_view key, std::string_view text);

std::string to_hex(std::string_view bytes);  // lower case
std::optional<std::string> from_hex(std::string_view text);
std::string to_base64(std::string_view bytes);  // with padding

// Whether both are the same, in a time that does not tell where they differ.
bool equal_secrets(std::string_view left, std::string_view right);

}  // namespace pw_plugin
