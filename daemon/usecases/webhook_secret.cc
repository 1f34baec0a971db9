#include "usecases/webhook_secret.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <charconv>
#include <stdexcept>
#include <vector>

namespace packwarden {
namespace {

constexpr std::size_t key_bytes_min = 32;
constexpr std::size_t hash_bytes = 32;

std::optional<std::vector<unsigned char>> from_hex(std::string_view text) {
  std::vector<unsigned char> bytes;
  if (text.size() % 2 != 0) return std::nullopt;
  for (std::size_t at = 0; at < text.size(); at += 2) {
    const char* const end = text.data() + at + 2;
    unsigned char byte = 0;
    const auto parsed = std::from_chars(text.data() + at, end, byte, 16);
    if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
    bytes.push_back(byte);
  }
  return bytes;
}

}  // namespace

std::optional<std::string> webhook_secret(std::string_view keys, std::string_view account_name) {
  std::string_view line = keys.substr(0, keys.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  const auto key = from_hex(line);
  if (!key || key->size() < key_bytes_min) return std::nullopt;
  const std::string text = "packwarden webhook\n" + std::string(account_name);
  std::array<unsigned char, hash_bytes> hash{};
  unsigned size = 0;
  if (HMAC(EVP_sha256(), key->data(), static_cast<int>(key->size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), hash.data(),
           &size) == nullptr) {
    throw std::runtime_error("OpenSSL cannot make an HMAC");
  }
  std::array<unsigned char, 4 * ((hash_bytes + 2) / 3) + 1> base64{};
  const int length = EVP_EncodeBlock(base64.data(), hash.data(), static_cast<int>(size));
  return "whsec_" + std::string(base64.begin(), base64.begin() + length);
}

}  // namespace packwarden
