#include "spool/sha256.h"

#include <openssl/evp.h>

#include "usecases/spool_port.h"

namespace packwarden {

void Sha256::Free::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1) {
    throw SpoolUnavailable("OpenSSL has no SHA-256 to give");
  }
}

void Sha256::add(const char* bytes, std::size_t size) {
  if (EVP_DigestUpdate(context_.get(), bytes, size) != 1) {
    throw SpoolUnavailable("OpenSSL fails to compute SHA-256");
  }
}

Digest Sha256::finish() {
  Digest digest{};
  if (EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) != 1) {
    throw SpoolUnavailable("OpenSSL fails to compute SHA-256");
  }
  return digest;
}

}  // namespace packwarden
