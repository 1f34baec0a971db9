#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/http_time.h"
#include "http/http_world.h"
#include "http/listen_address.h"

namespace packwarden {
namespace {

using testing::HasSubstr;

TEST(ListenAddress, is_an_ip_address_and_a_port) {
  const auto v4 = parse_listen_address("127.0.0.1:8470");
  ASSERT_TRUE(v4);
  EXPECT_EQ(v4->ip, "127.0.0.1");
  EXPECT_EQ(v4->port, 8470);
  EXPECT_TRUE(v4->is_loopback);
  EXPECT_TRUE(parse_listen_address("[::1]:1")->is_loopback);
  EXPECT_FALSE(parse_listen_address("0.0.0.0:80")->is_loopback);
  EXPECT_FALSE(parse_listen_address("[::]:80")->is_loopback);
  for (const char* text : {"", "8470", ":8470", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
                           "127.0.0.1:x", "localhost:80", "::1:80", "[127.0.0.1]:80", "[::1]"}) {
    EXPECT_THAT(parse_listen_address(text).error(), HasSubstr("give one such as")) << text;
  }
}

TEST(HttpTime, is_written_as_elsewhere) {
  for (const Instant at : {Instant{0}, Instant{test::some_noon}, Instant{-1}, Instant::latest(),
                           Instant::earliest(), Instant{951'782'400'000'000'000}}) {
    std::string text = "x";
    append_rfc3339(text, at);
    EXPECT_EQ(text, "x" + to_rfc3339(at));
  }
  HttpDate date;
  EXPECT_EQ(date.at({784'111'777'999'999'999}), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(date.at({784'111'778'000'000'000}), "Sun, 06 Nov 1994 08:49:38 GMT");
}

class HttpStart : public test::HttpWorld {
 protected:
  std::string why_refused() {
    try {
      HttpServer refused(options, HttpServices{entitlements, operators, tally});
    } catch (const HttpUnavailable& error) {
      return error.what();
    }
    return "";
  }
};

TEST_F(HttpStart, is_refused_on_a_network_without_tls) {
  options.listen = "0.0.0.0:0";
  EXPECT_THAT(why_refused(), HasSubstr("give http.tls_certificate and http.tls_key"));
}

TEST_F(HttpStart, is_refused_where_the_port_is_taken) {
  options.listen = "127.0.0.1:" + std::to_string(server().port());
  EXPECT_THAT(why_refused(), HasSubstr("Address already in use: end what listens there"));
}

TEST_F(HttpStart, is_refused_with_a_bad_file_of_tokens) {
  std::ofstream(options.tokens_file) << "x";
  EXPECT_THAT(why_refused(), HasSubstr("http.tokens_file: "));
}

TEST_F(HttpStart, is_refused_with_certificates_that_cannot_be_used) {
  options.tls_certificate = folder / "none.pem";
  EXPECT_THAT(why_refused(), HasSubstr("go together"));
  options.tls_key = options.tls_certificate;
  EXPECT_THAT(why_refused(), HasSubstr("http.tls_certificate: "));
}

}  // namespace
}  // namespace packwarden
