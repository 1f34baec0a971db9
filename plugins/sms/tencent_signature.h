#pragma once

#include <cstdint>
#include <string>

namespace sms {

// What TC3-HMAC-SHA256 signs of a POST request to the path "/".
struct Tc3Request {
  std::string secret_id;
  std::string secret_key;
  std::string service;  // e.g. sms
  std::string host;     // as in the Host header
  std::string action;   // e.g. SendSms
  std::string content_type;
  std::string body;
  std::int64_t timestamp_s = 0;  // since 1970
};

struct Tc3Signature {
  std::string body_hash;       // hex, like the next two
  std::string canonical_hash;  // of the canonical request
  std::string signature;
  std::string authorization;  // the header's value
};

// Tencent Cloud API 3.0, signed headers content-type, host and x-tc-action. Pure.
Tc3Signature sign_tc3(const Tc3Request& request);

}  // namespace sms
