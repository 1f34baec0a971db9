#pragma once

#include <cstddef>
#include <memory>

#include "domain/ids.h"

struct evp_md_ctx_st;

namespace packwarden {

// SHA-256 of bytes that come in pieces. Throws SpoolUnavailable where OpenSSL has none to give. Not
// thread-safe.
class Sha256 {
 public:
  Sha256();
  void add(const char* bytes, std::size_t size);
  Digest finish();  // once

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

}  // namespace packwarden
