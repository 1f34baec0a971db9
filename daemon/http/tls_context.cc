#include "http/tls_context.h"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include "http/http_options.h"

namespace packwarden {
namespace {

namespace ssl = boost::asio::ssl;

[[noreturn]] void fail(const char* key, const std::string& file,
                       const boost::system::error_code& why, const char* remedy) {
  throw HttpUnavailable(fmt::format("{}: {}: {}: {}", key, file, why.message(), remedy));
}

}  // namespace

ssl::context make_tls_context(const std::string& certificate, const std::string& key) {
  ssl::context context(ssl::context::tls_server);
  SSL_CTX* const native = context.native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(
      native, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  // A server without a terminal asks nobody for a passphrase.
  context.set_password_callback(
      [](std::size_t, ssl::context::password_purpose) { return std::string(); });
  boost::system::error_code failed;
  context.use_certificate_chain_file(certificate, failed);
  if (failed) {
    fail("http.tls_certificate", certificate, failed,
         "name a readable PEM file with the server's certificate first, then its chain");
  }
  context.use_private_key_file(key, ssl::context::pem, failed);
  if (failed) {
    fail("http.tls_key", key, failed,
         "name a readable PEM file without a passphrase, with the key of the certificate");
  }
  return context;
}

}  // namespace packwarden
