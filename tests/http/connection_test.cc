#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/http_world.h"

namespace packwarden {
namespace {

using test::RawClient;
using test::Reply;

class HttpConnection : public test::HttpWorld {
 protected:
  // Sent alone: refused with this, and then the connection ends.
  void expect_refused(const std::string& bytes, int status, const std::string& code) {
    RawClient one = client();
    one.send(bytes);
    const Reply reply = one.receive();
    EXPECT_EQ(reply.status, status) << bytes.substr(0, 80);
    EXPECT_EQ(reply.error(), code);
    EXPECT_EQ(reply.headers.at("connection"), "close");
    EXPECT_TRUE(one.is_closed_by_server());
  }
};

TEST_F(HttpConnection, stays_open_between_requests) {
  RawClient one = client();
  for (int i = 0; i < 3; ++i) {
    one.send(acme());
    const Reply reply = one.receive();
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.headers.count("connection"), 0u);
  }
}

TEST_F(HttpConnection, stays_open_after_a_refusal) {
  RawClient one = client();
  one.send(request("/nothing") + request("/v1/entitlements/%/x") + acme());
  EXPECT_EQ(one.receive().status, 404);
  EXPECT_EQ(one.receive().status, 400);
  EXPECT_EQ(one.receive().status, 200);
}

TEST_F(HttpConnection, answers_many_pipelined_requests_in_their_order) {
  constexpr int pairs = 2'000;  // more than any buffer on the way
  RawClient one = client();
  std::thread sender([&] {
    std::string all;
    for (int i = 0; i < pairs; ++i) all += acme() + request("/v1/entitlements/broke/captcha");
    one.send(all);
  });
  for (int i = 0; i < pairs; ++i) {
    EXPECT_EQ(one.receive().json().at("account").as_string(), "acme");
    EXPECT_EQ(one.receive().json().at("account").as_string(), "broke");
  }
  sender.join();
}

TEST_F(HttpConnection, a_request_may_come_byte_by_byte) {
  RawClient one = client();
  for (const char c : "\r\n" + acme()) one.send(std::string(1, c));
  EXPECT_EQ(one.receive().status, 200);
}

TEST_F(HttpConnection, ends_where_the_client_asks_for_it) {
  RawClient one = client();
  one.send(request("/v1/entitlements/acme/captcha", "GET", "Connection: close\r\n") + acme());
  const Reply reply = one.receive();
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.headers.at("connection"), "close");
  EXPECT_TRUE(one.is_closed_by_server());
}

TEST_F(HttpConnection, http_1_0_ends_after_one_answer_unless_it_asks_to_stay) {
  const std::string head =
      "GET /v1/entitlements/acme/captcha HTTP/1.0\r\nAuthorization: Bearer " + token + "\r\n";
  RawClient one = client();
  one.send(head + "Connection: keep-alive\r\n\r\n");
  EXPECT_EQ(one.receive().headers.at("connection"), "keep-alive");
  one.send(head + "\r\n");
  EXPECT_EQ(one.receive().status, 200);
  EXPECT_TRUE(one.is_closed_by_server());
}

TEST_F(HttpConnection, a_client_that_ends_its_side_still_gets_its_answer) {
  RawClient one = client();
  one.send(acme());
  one.end_sending();
  EXPECT_EQ(one.receive().status, 200);
  EXPECT_TRUE(one.is_closed_by_server());
}

TEST_F(HttpConnection, what_is_not_http_is_refused_at_once) {
  expect_refused("\x16\x03\x01\x02", 400, "bad_request");  // TLS
  expect_refused("get / HTTP/1.1\r\n\r\n", 400, "bad_request");
  expect_refused("GET /a\x01 HTTP/1.1\r\n\r\n", 400, "bad_request");
  expect_refused(request("/", "GET", "no colon\r\n"), 400, "bad_request");
  expect_refused(request("/", "GET", "Host: again\r\n"), 400, "bad_request");
  expect_refused(request("/", "GET", "Authorization: Bearer x\r\n"), 400, "bad_request");
  expect_refused("GET / HTTP/1.1\r\n\r\n", 400, "bad_request");
  expect_refused("GET / HTTP/1.2\r\n\r\n", 505, "http_version");
  expect_refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "http_version");
}

TEST_F(HttpConnection, a_body_is_refused) {
  expect_refused(request("/v1/entitlements/acme/captcha", "GET", "Content-Length: 1\r\n") + "x",
                 413, "body_refused");
  expect_refused(
      request("/v1/entitlements/acme/captcha", "POST", "Content-Length: 99999999999\r\n") +
          std::string(200'000, 'x'),
      413, "body_refused");
  expect_refused(request("/v1/entitlements/acme/captcha", "GET", "Transfer-Encoding: chunked\r\n") +
                     "1\r\nx\r\n0\r\n\r\n",
                 413, "body_refused");
  expect_refused(request("/", "GET", "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n"), 400,
                 "bad_request");
  EXPECT_EQ(
      reply_to(request("/v1/entitlements/acme/captcha", "GET", "Content-Length: 0\r\n")).status,
      200);
}

TEST_F(HttpConnection, an_oversized_head_is_refused_without_waiting_for_its_end) {
  const std::string cookie(max_header_bytes, 'c');
  expect_refused("GET / HTTP/1.1\r\nHost: test\r\nCookie: " + cookie, 431, "header_too_large");
  expect_refused("GET /" + cookie, 414, "target_too_long");
  expect_refused(request("/" + std::string(max_target_bytes, 'a')), 414, "target_too_long");
  EXPECT_EQ(reply_to(request("/" + std::string(max_target_bytes - 1, 'a'))).status, 404);
}

TEST_F(HttpConnection, a_head_that_does_not_end_in_time_is_refused) {
  options.header_timeout_ms = 80;
  RawClient loris = client();
  loris.send("GET /v1/entitlements/acme/captcha HTTP/1.1\r\n");
  // A byte now and then does not put the end off.
  while (!loris.hears_within(std::chrono::milliseconds(10))) loris.send("X");
  const Reply reply = loris.receive();
  EXPECT_EQ(reply.status, 408);
  EXPECT_EQ(reply.error(), "too_slow");
  EXPECT_TRUE(loris.is_closed_by_server());
}

TEST_F(HttpConnection, one_that_says_nothing_is_closed) {
  options.header_timeout_ms = 40;
  RawClient silent = client();
  EXPECT_TRUE(silent.is_closed_by_server());
}

TEST_F(HttpConnection, an_idle_one_is_closed_after_its_time_and_not_before) {
  options.header_timeout_ms = 20;
  options.idle_timeout_ms = 300;
  RawClient one = client();
  const auto begin = std::chrono::steady_clock::now();
  one.send(acme());
  EXPECT_EQ(one.receive().status, 200);
  EXPECT_TRUE(one.is_closed_by_server());
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(300));
}

TEST_F(HttpConnection, beyond_the_limit_of_connections_the_next_one_waits) {
  options.max_connections = 2;
  RawClient first = client();
  RawClient second = client();
  for (RawClient* served : {&first, &second}) {
    served->send(acme());
    EXPECT_EQ(served->receive().status, 200);
  }
  RawClient third = client();
  third.send(acme());
  EXPECT_FALSE(third.hears_within(std::chrono::milliseconds(50)));
  first.end_sending();
  EXPECT_EQ(third.receive().status, 200);
}

TEST_F(HttpConnection, a_stop_answers_what_is_in_work_and_takes_nothing_new) {
  RawClient idle = client();
  idle.send(acme());
  EXPECT_EQ(idle.receive().status, 200);
  RawClient in_work = client();
  in_work.send(request("/v1/entitlements/slow/captcha") + acme());
  ASSERT_TRUE(test::comes_true([&] { return entitlements.is_asked.load(); }));
  const std::uint16_t port = server().port();
  std::thread stopper([&] { server().stop(); });
  entitlements.may_answer = true;
  EXPECT_EQ(in_work.receive().status, 200);
  EXPECT_EQ(in_work.receive().status, 200);
  EXPECT_TRUE(in_work.is_closed_by_server());
  EXPECT_TRUE(idle.is_closed_by_server());
  in_work.end_sending();
  idle.end_sending();
  stopper.join();
  EXPECT_THROW(RawClient late(port), boost::system::system_error);
}

TEST_F(HttpConnection, a_stop_waits_for_a_head_that_has_begun_until_its_bound) {
  options.stop_timeout_ms = 50;
  RawClient half = client();
  half.send(acme() + "GET /v1");
  EXPECT_EQ(half.receive().status, 200);
  const auto begin = std::chrono::steady_clock::now();
  server().stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_TRUE(half.is_closed_by_server());
}

}  // namespace
}  // namespace packwarden
