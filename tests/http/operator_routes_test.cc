#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "http/http_world.h"

namespace packwarden {
namespace {

using test::Reply;
using testing::ElementsAre;
using testing::Pair;

class HttpOperators : public test::HttpWorld {
 protected:
  Reply open_reply(const std::string& path) {
    return reply_to("GET " + path + " HTTP/1.1\r\nHost: test\r\n\r\n");
  }
  std::map<std::string, std::uint64_t> entitlements_counted() const {
    std::map<std::string, std::uint64_t> counted;
    for (std::size_t i = 0; i < HttpTally::entitlement_answers.size(); ++i) {
      const auto& [status, reason] = HttpTally::entitlement_answers[i];
      if (const auto n = tally.entitlements(i))
        counted[std::string(status) + "/" + std::string(reason)] = n;
    }
    return counted;
  }
  std::map<int, std::uint64_t> answers_counted() const {
    std::map<int, std::uint64_t> counted;
    for (std::size_t i = 0; i < HttpTally::statuses.size(); ++i) {
      if (const auto n = tally.answers(i)) counted[HttpTally::statuses[i]] = n;
    }
    return counted;
  }
};

TEST_F(HttpOperators, who_stands_well_says_so_to_anybody) {
  operators.ready.remarks = {"the spool is held"};
  const Reply healthy = open_reply("/-/healthy");
  EXPECT_EQ(healthy.status, 200);
  EXPECT_EQ(healthy.headers.at("content-type"), "text/plain; charset=utf-8");
  EXPECT_EQ(healthy.body, "healthy\n");
  const Reply ready = open_reply("/-/ready");
  EXPECT_EQ(ready.status, 200);
  EXPECT_EQ(ready.body, "ready\nthe spool is held\n");
}

TEST_F(HttpOperators, each_fault_is_a_line) {
  operators.healthy.faults = {"ingest hangs"};
  operators.ready.faults = {"database: away", "spool: full"};
  operators.ready.remarks = {"the spool is held"};
  const Reply healthy = open_reply("/-/healthy");
  EXPECT_EQ(healthy.status, 503);
  EXPECT_EQ(healthy.body, "not healthy\ningest hangs\n");
  const Reply ready = open_reply("/-/ready");
  EXPECT_EQ(ready.status, 503);
  EXPECT_EQ(ready.body, "not ready\ndatabase: away\nspool: full\nthe spool is held\n");
}

TEST_F(HttpOperators, metrics_are_open_unless_the_settings_say_otherwise) {
  const Reply reply = open_reply("/metrics");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.headers.at("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(reply.body, "a_metric 1\n");
}

TEST_F(HttpOperators, metrics_can_ask_for_a_token) {
  options.metrics = HttpOptions::Metrics::token;
  EXPECT_EQ(open_reply("/metrics").status, 401);
  EXPECT_EQ(reply_to(request("/metrics")).body, "a_metric 1\n");
  EXPECT_EQ(open_reply("/-/ready").status, 200);
}

TEST_F(HttpOperators, metrics_can_be_off) {
  options.metrics = HttpOptions::Metrics::off;
  EXPECT_EQ(reply_to(request("/metrics")).status, 404);
  EXPECT_EQ(open_reply("/-/healthy").status, 200);
}

TEST_F(HttpOperators, answers_are_counted_by_what_they_say) {
  reply_to(acme());
  reply_to(acme());
  reply_to(request("/v1/entitlements/broke/captcha"));
  reply_to(request("/v1/entitlements/nobody/captcha"));
  reply_to(request("/v1/entitlements/acme/nothing"));
  reply_to(request("/v1/entitlements/%/captcha"));
  reply_to("nonsense\r\n\r\n");
  open_reply("/v1/entitlements/acme/captcha");
  entitlements.ready = false;
  reply_to(acme());
  EXPECT_THAT(entitlements_counted(),
              ElementsAre(Pair("200/allowed", 2), Pair("200/packs_exhausted", 1),
                          Pair("400/bad_name", 1), Pair("404/unknown_account", 1),
                          Pair("404/unknown_product", 1), Pair("503/not_ready", 1)));
  EXPECT_THAT(answers_counted(),
              ElementsAre(Pair(200, 3), Pair(400, 2), Pair(401, 1), Pair(404, 2), Pair(503, 1)));
}

TEST_F(HttpOperators, connections_are_counted_while_they_are_open) {
  {
    auto one = client();
    auto another = client();
    EXPECT_TRUE(test::comes_true([&] { return tally.open_connections() == 2; }));
  }
  EXPECT_TRUE(test::comes_true([&] { return tally.open_connections() == 0; }));
  EXPECT_EQ(tally.connections(), 2u);
}

TEST_F(HttpOperators, every_reason_to_stop_has_a_name_in_its_place) {
  for (std::size_t i = 1; i <= static_cast<std::size_t>(StopReason::never_activated); ++i) {
    EXPECT_EQ(HttpTally::entitlement_answers[i].reason, name_of(static_cast<StopReason>(i)));
  }
}

}  // namespace
}  // namespace packwarden
