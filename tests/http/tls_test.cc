#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <boost/asio/ssl.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "http/http_world.h"

namespace packwarden {
namespace {

namespace asio = boost::asio;
namespace ssl = asio::ssl;
namespace http = boost::beast::http;

// A key and a certificate of its own for 127.0.0.1, as PEM files.
void make_certificate(const std::string& certificate_path, const std::string& key_path) {
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, void (*)(X509*)> certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3'600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3'600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* const name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  ASSERT_GT(X509_sign(certificate.get(), key.get(), EVP_sha256()), 0);
  const auto open = [](const std::string& path) {
    return std::unique_ptr<std::FILE, int (*)(std::FILE*)>(std::fopen(path.c_str(), "w"),
                                                           std::fclose);
  };
  ASSERT_EQ(PEM_write_X509(open(certificate_path).get(), certificate.get()), 1);
  ASSERT_EQ(
      PEM_write_PrivateKey(open(key_path).get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr),
      1);
}

class HttpTls : public test::HttpWorld {
 protected:
  HttpTls() {
    options.tls_certificate = folder / "certificate.pem";
    options.tls_key = folder / "key.pem";
    make_certificate(options.tls_certificate, options.tls_key);
  }

  // A client of Beast, which trusts this certificate alone.
  ssl::context trusting() const {
    ssl::context context(ssl::context::tls_client);
    context.load_verify_file(options.tls_certificate);
    context.set_verify_mode(ssl::verify_peer);
    return context;
  }
  ssl::stream<asio::ip::tcp::socket> connect(ssl::context& context) {
    ssl::stream<asio::ip::tcp::socket> stream(io_, context);
    stream.next_layer().connect({asio::ip::make_address("127.0.0.1"), server().port()});
    return stream;
  }
  http::response<http::string_body> ask(ssl::stream<asio::ip::tcp::socket>& stream,
                                        const std::string& target) {
    http::request<http::empty_body> asked(http::verb::get, target, 11);
    asked.set(http::field::host, "localhost");
    asked.set(http::field::authorization, "Bearer " + token);
    http::write(stream, asked);
    http::response<http::string_body> answer;
    http::read(stream, buffer_, answer);
    return answer;
  }

 private:
  asio::io_context io_;
  boost::beast::flat_buffer buffer_;
};

TEST_F(HttpTls, answers_over_a_verified_connection_that_stays_open) {
  ssl::context context = trusting();
  auto stream = connect(context);
  stream.handshake(ssl::stream_base::client);
  EXPECT_GE(SSL_version(stream.native_handle()), TLS1_2_VERSION);
  EXPECT_EQ(ask(stream, "/v1/entitlements/acme/captcha").result_int(), 200u);
  const auto refused = ask(stream, "/v1/entitlements/nobody/captcha");
  EXPECT_EQ(refused.result_int(), 404u);
  EXPECT_THAT(refused.body(), testing::HasSubstr("unknown_account"));
  boost::system::error_code failed;
  stream.shutdown(failed);
  EXPECT_FALSE(failed) << failed.message();
}

TEST_F(HttpTls, goes_on_to_a_network_with_a_certificate) {
  options.listen = "0.0.0.0:0";
  ssl::context context = trusting();
  auto stream = connect(context);
  stream.handshake(ssl::stream_base::client);
  EXPECT_EQ(ask(stream, "/v1/entitlements/acme/captcha").result_int(), 200u);
}

TEST_F(HttpTls, speaks_nothing_older_than_1_2) {
  ssl::context context = trusting();
  SSL_CTX_set_security_level(context.native_handle(), 0);
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context.native_handle(), TLS1_1_VERSION);
  auto stream = connect(context);
  boost::system::error_code failed;
  stream.handshake(ssl::stream_base::client, failed);
  EXPECT_TRUE(failed);
}

TEST_F(HttpTls, a_handshake_that_does_not_come_is_closed_and_plain_text_is_not_answered) {
  options.header_timeout_ms = 40;
  test::RawClient silent = client();
  EXPECT_TRUE(silent.is_closed_by_server());
  test::RawClient plain = client();
  plain.send(acme());
  EXPECT_THROW(plain.receive(), std::exception);
}

TEST_F(HttpTls, a_stop_says_goodbye) {
  ssl::context context = trusting();
  auto stream = connect(context);
  stream.handshake(ssl::stream_base::client);
  EXPECT_EQ(ask(stream, "/v1/entitlements/acme/captcha").result_int(), 200u);
  std::thread stopper([&] { server().stop(); });
  char byte = 0;
  boost::system::error_code failed;
  stream.read_some(asio::buffer(&byte, 1), failed);
  EXPECT_EQ(failed, asio::error::eof) << failed.message();  // a close_notify, not a cut
  stream.shutdown(failed);
  stream.next_layer().close();
  stopper.join();
}

TEST_F(HttpTls, a_key_of_another_certificate_is_refused) {
  make_certificate(folder / "other.pem", options.tls_key);
  EXPECT_THROW(server(), HttpUnavailable);
}

}  // namespace
}  // namespace packwarden
