#include "signature.h"

#include <fmt/format.h>

#include "digest.h"

namespace webhook {
namespace {

constexpr std::size_t kKeyBytesMin = 32;
constexpr std::size_t kKeysMax = 2;

}  // namespace

std::vector<std::string> read_keys(std::string_view text) {
  std::vector<std::string> keys;
  while (true) {
    const auto end = text.find('\n');
    const auto key = pw_plugin::from_hex(text.substr(0, end));
    if (!key || key->size() < kKeyBytesMin || keys.size() == kKeysMax) return {};
    keys.push_back(*key);
    if (end == std::string_view::npos) return keys;
    text.remove_prefix(end + 1);
  }
}

std::string account_secret(std::string_view key, std::string_view account) {
  return pw_plugin::hmac_sha256(key, fmt::format("packwarden webhook\n{}", account));
}

std::string signatures_of(const std::vector<std::string>& secrets, std::string_view id,
                          std::int64_t timestamp_s, std::string_view body) {
  const std::string signed_text = fmt::format("{}.{}.{}", id, timestamp_s, body);
  std::string all;
  for (const std::string& secret : secrets) {
    if (!all.empty()) all += ' ';
    all += "v1," + pw_plugin::to_base64(pw_plugin::hmac_sha256(secret, signed_text));
  }
  return all;
}

}  // namespace webhook
