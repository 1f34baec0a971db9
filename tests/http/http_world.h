#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

#include "http/http_client.h"
#include "http/http_server.h"
#include "http/token_desk.h"
#include "support/folder.h"

namespace packwarden::test {

inline constexpr Instant some_noon{1'700'000'000'123'456'789};

// acme and 网易/云 may use captcha; broke may not; a question about `slow` waits until it is let
// go.
class FewEntitlements : public Entitlements {
 public:
  tl::expected<Entitlement, EntitlementFault> check(std::string_view account,
                                                    std::string_view product) const override {
    if (!ready) return tl::unexpected(EntitlementFault::not_ready);
    if (account == "fault") throw std::runtime_error("of the test");
    if (account == "slow") {
      is_asked = true;
      while (!may_answer) std::this_thread::yield();
    }
    if (product != "captcha") return tl::unexpected(EntitlementFault::unknown_product);
    if (account == "broke") {
      return Entitlement{false, StopReason::packs_exhausted, "none", 0, some_noon};
    }
    if (account != "acme" && account != "slow" && account != "网易/云") {
      return tl::unexpected(EntitlementFault::unknown_account);
    }
    return Entitlement{true, StopReason::none, "packs", 29'000, some_noon};
  }

  std::atomic<bool> ready = true;
  mutable std::atomic<bool> is_asked = false;
  std::atomic<bool> may_answer = false;
};

// Says what the test tells it to.
class ToldOperators : public OperatorPort {
 public:
  Standing health() const override { return healthy; }
  Standing readiness() const override { return ready; }
  void append_metrics(std::string& out) const override { out.append("a_metric 1\n"); }

  Standing healthy;
  Standing ready;
};

// True as soon as `condition` is, false after the bound.
inline bool comes_true(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

// A server on a free port of loopback, and a token that holds.
class HttpWorld : public testing::Test {
 protected:
  HttpWorld() {
    options.listen = "127.0.0.1:0";
    options.tokens_file = folder / "tokens";
    options.tokens_check_interval_ms = 5;
    token = TokenFileDesk(options.tokens_file).create("tester").value();
  }

  HttpServer& server() {
    if (!server_) {
      server_.emplace(options, HttpServices{entitlements, operators, tally},
                      [] { return some_noon + Span{42'000'000}; });
    }
    return *server_;
  }
  RawClient client() { return RawClient(server().port()); }

  std::string request(const std::string& target, const std::string& method = "GET",
                      const std::string& headers = "") const {
    return method + " " + target + " HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer " + token +
           "\r\n" + headers + "\r\n";
  }
  std::string acme() const { return request("/v1/entitlements/acme/captcha"); }

  // The answer to these bytes on a connection of their own.
  Reply reply_to(const std::string& bytes) {
    RawClient one = client();
    one.send(bytes);
    return one.receive(bytes.starts_with("HEAD"));
  }

  Folder folder;
  HttpOptions options;
  FewEntitlements entitlements;
  ToldOperators operators;
  HttpTally tally;
  std::string token;

 private:
  std::optional<HttpServer> server_;
};

}  // namespace packwarden::test
