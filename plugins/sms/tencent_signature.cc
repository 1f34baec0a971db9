#include "tencent_signature.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "digest.h"

namespace sms {
namespace {

using pw_plugin::hmac_sha256;
using pw_plugin::sha256;
using pw_plugin::to_hex;

constexpr const char* kAlgorithm = "TC3-HMAC-SHA256";
constexpr const char* kSignedHeaders = "content-type;host;x-tc-action";

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

}  // namespace

Tc3Signature sign_tc3(const Tc3Request& request) {
  Tc3Signature out;
  out.body_hash = to_hex(sha256(request.body));
  const std::string canonical = fmt::format(
      "POST\n/\n\ncontent-type:{}\nhost:{}\nx-tc-action:{}\n\n{}\n{}", request.content_type,
      request.host, lower(request.action), kSignedHeaders, out.body_hash);
  out.canonical_hash = to_hex(sha256(canonical));
  const std::string date = fmt::format("{:%Y-%m-%d}", fmt::gmtime(request.timestamp_s));
  const std::string scope = fmt::format("{}/{}/tc3_request", date, request.service);
  const std::string to_sign =
      fmt::format("{}\n{}\n{}\n{}", kAlgorithm, request.timestamp_s, scope, out.canonical_hash);
  const std::string day_key = hmac_sha256("TC3" + request.secret_key, date);
  const std::string key = hmac_sha256(hmac_sha256(day_key, request.service), "tc3_request");
  out.signature = to_hex(hmac_sha256(key, to_sign));
  out.authorization = fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", kAlgorithm,
                                  request.secret_id, scope, kSignedHeaders, out.signature);
  return out;
}

}  // namespace sms
