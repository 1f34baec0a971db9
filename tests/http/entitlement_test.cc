#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/http_world.h"

namespace packwarden {
namespace {

using test::Reply;

class Http : public test::HttpWorld {};

TEST_F(Http, O9_an_account_that_may_use_the_product) {
  const Reply reply = reply_to(acme());
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.headers.at("content-type"), "application/json");
  EXPECT_EQ(reply.headers.at("cache-control"), "no-store");
  EXPECT_THAT(reply.headers.at("date"), testing::StrEq("Tue, 14 Nov 2023 22:13:20 GMT"));
  EXPECT_EQ(reply.body,
            "{\"account\":\"acme\",\"product\":\"captcha\",\"allowed\":true,\"reason\":null,"
            "\"covered_by\":\"packs\",\"left_units\":29000,"
            "\"as_of\":\"2023-11-14T22:13:20.123456Z\",\"age_ms\":42}\n");
}

TEST_F(Http, O10_an_account_that_may_not_gets_the_reason) {
  const Reply reply = reply_to(request("/v1/entitlements/broke/captcha"));
  EXPECT_EQ(reply.status, 200);
  EXPECT_FALSE(reply.json().at("allowed").as_bool());
  EXPECT_EQ(reply.json().at("reason").as_string(), "packs_exhausted");
  EXPECT_EQ(reply.json().at("covered_by").as_string(), "none");
}

TEST_F(Http, names_are_percent_encoded_utf_8) {
  for (const char* name : {"%E7%BD%91%E6%98%93%2F%E4%BA%91", "%e7%bd%91易%2f云", "网易%2F云"}) {
    const Reply reply = reply_to(request(std::string("/v1/entitlements/") + name + "/captcha"));
    EXPECT_EQ(reply.status, 200) << name;
    EXPECT_EQ(reply.json().at("account").as_string(), "网易/云");
  }
  EXPECT_EQ(reply_to(request("/v1/entitlements/%61cme/%63aptcha")).status, 200);
}

TEST_F(Http, a_query_is_ignored_and_the_absolute_form_is_taken) {
  EXPECT_EQ(reply_to(request("/v1/entitlements/acme/captcha?x=1/2")).status, 200);
  EXPECT_EQ(reply_to(request("http://test/v1/entitlements/acme/captcha")).status, 200);
}

TEST_F(Http, a_name_that_no_account_can_have_is_a_bad_request) {
  const std::string long_name(129, 'a');
  for (const std::string& name :
       {std::string("%"), std::string("%4"), std::string("a%zz"), std::string("%00"),
        std::string("a%0Ab"), std::string("%C3"), std::string("%FF"), std::string("%ED%A0%80"),
        std::string(""), std::string("%20a"), long_name, "%61" + long_name}) {
    const Reply reply = reply_to(request("/v1/entitlements/" + name + "/captcha"));
    EXPECT_EQ(reply.status, 400) << name;
    EXPECT_EQ(reply.error(), "bad_name") << name;
    EXPECT_EQ(reply_to(request("/v1/entitlements/acme/" + name)).error(), "bad_name") << name;
  }
}

TEST_F(Http, unknown_names_are_told_apart) {
  const Reply account = reply_to(request("/v1/entitlements/nobody/captcha"));
  EXPECT_EQ(account.status, 404);
  EXPECT_EQ(account.error(), "unknown_account");
  EXPECT_THAT(account.json().at("message").as_string().c_str(),
              testing::HasSubstr("packctl account add"));
  const Reply product = reply_to(request("/v1/entitlements/acme/nothing"));
  EXPECT_EQ(product.status, 404);
  EXPECT_EQ(product.error(), "unknown_product");
}

TEST_F(Http, before_the_ledger_is_loaded_the_client_is_told_to_come_back) {
  entitlements.ready = false;
  const Reply reply = reply_to(acme());
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.headers.at("retry-after"), "1");
  EXPECT_EQ(reply.error(), "not_ready");
}

TEST_F(Http, a_fault_of_the_daemon_ends_the_connection_and_nothing_else) {
  auto one = client();
  one.send(request("/v1/entitlements/fault/captcha"));
  EXPECT_EQ(one.receive().status, 500);
  EXPECT_TRUE(one.is_closed_by_server());
  EXPECT_EQ(reply_to(acme()).status, 200);
}

TEST_F(Http, other_paths_are_not_found) {
  for (const char* path :
       {"/", "/v1", "/v1/entitlements", "/v1/entitlements/acme", "/v1/entitlements/acme/captcha/",
        "/v1/entitlements/acme/captcha/x", "//v1/entitlements/acme/captcha", "*", "http://test"}) {
    const Reply reply = reply_to(request(path));
    EXPECT_EQ(reply.status, 404) << path;
    EXPECT_EQ(reply.error(), "no_such_path") << path;
  }
}

TEST_F(Http, head_is_answered_without_a_body) {
  auto one = client();
  one.send(request("/v1/entitlements/acme/captcha", "HEAD") + acme());
  const Reply head = one.receive(true);
  const Reply whole = one.receive();
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.at("content-length"), std::to_string(whole.body.size()));
}

TEST_F(Http, only_get_and_head_are_allowed) {
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"}) {
    const Reply reply = reply_to(request("/v1/entitlements/acme/captcha", method));
    EXPECT_EQ(reply.status, 405) << method;
    EXPECT_EQ(reply.headers.at("allow"), "GET, HEAD");
    EXPECT_EQ(reply.error(), "method_not_allowed");
  }
}

TEST_F(Http, unauthorized_without_a_token_that_holds) {
  const std::string path = "GET /v1/entitlements/acme/captcha HTTP/1.1\r\nHost: test\r\n";
  for (const std::string& header :
       {std::string(), std::string("Authorization: Bearer\r\n"),
        std::string("Authorization: Bearer x\r\n"), "Authorization: Basic " + token + "\r\n",
        "Authorization: " + token + "\r\n", "Authorization: Bearer " + token + "0\r\n",
        "Authorization: Bearer " + token.substr(1) + "\r\n"}) {
    const Reply reply = reply_to(path + header + "\r\n");
    EXPECT_EQ(reply.status, 401) << header;
    EXPECT_EQ(reply.headers.at("www-authenticate"), "Bearer");
    EXPECT_EQ(reply.error(), "unauthorized");
  }
  EXPECT_EQ(reply_to(path + "authorization: bearer  " + token + "\r\n\r\n").status, 200);
}

TEST_F(Http, a_token_that_is_revoked_stops_working_on_an_open_connection) {
  auto one = client();
  const auto status = [&] {
    one.send(acme());
    return one.receive().status;
  };
  EXPECT_EQ(status(), 200);
  TokenFileDesk desk(options.tokens_file);
  ASSERT_TRUE(desk.revoke("tester"));
  EXPECT_TRUE(test::comes_true([&] { return status() == 401; }));
  token = desk.create("another").value();
  EXPECT_TRUE(test::comes_true([&] { return status() == 200; }));
}

}  // namespace
}  // namespace packwarden
