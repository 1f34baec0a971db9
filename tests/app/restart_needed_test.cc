#include "app/restart_needed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace packwarden {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Product captcha() {
  Product product;
  product.name = "captcha";
  product.meters = {{.name = "check"}, {.name = "send"}};
  product.tiers = {{"30k", 30'000, 300'000'000, false}};
  product.postpaid_prices = {{beginning_of_days, 5'000}};
  return product;
}

Settings settings() {
  Settings settings;
  settings.catalogue.products = {captcha()};
  settings.channels.resize(1);
  settings.channels[0].name = "inbox";
  return settings;
}

TEST(RestartNeeded, limits_channels_levels_and_new_products_change_while_it_runs) {
  Settings wanted = settings();
  wanted.ingest.max_unit_records = 7;
  wanted.spool.scan_interval_ms = 10;
  wanted.spool.done_days = 1;
  wanted.jobs.interval_ms = 100;
  wanted.keeping.inbox_days = 1;
  wanted.acceptance.max_skew = Span::seconds(1);
  wanted.attention.file_age_s = 60;
  wanted.log_level = "debug";
  wanted.plugin_directory = "/elsewhere";
  wanted.channels.clear();
  Product mail = captcha();
  mail.name = "mail";
  wanted.catalogue.products.push_back(mail);
  wanted.catalogue.products[0].tiers.clear();
  wanted.catalogue.products[0].meters.pop_back();
  wanted.catalogue.products[0].postpaid_prices[0].price_micros = 6'000;
  EXPECT_THAT(restart_needed(settings(), wanted), IsEmpty());
}

TEST(RestartNeeded, each_key_that_stays_for_the_life_of_the_process_is_named) {
  const std::vector<std::pair<std::string, std::function<void(Settings&)>>> keys = {
      {"section database", [](Settings& s) { s.database.password = "another"; }},
      {"spool.directory", [](Settings& s) { s.spool.directory = "/else"; }},
      {"spool.name", [](Settings& s) { s.spool.name = "else"; }},
      {"spool.default_source", [](Settings& s) { s.spool.default_source = "else"; }},
      {"dedupe.window_days", [](Settings& s) { ++s.dedupe_window_days; }},
      {"business_time_zone", [](Settings& s) { s.business_time_zone = "Europe/Berlin"; }},
      {"section metrics", [](Settings& s) { s.metrics.sample_interval_s = 60; }},
      {"section http", [](Settings& s) { s.http.listen = "off"; }},
      {"section log_limit", [](Settings& s) { ++s.log_limit.lines; }},
      {"allow_as_of", [](Settings& s) { s.allow_as_of = true; }},
      {"currency", [](Settings& s) { s.catalogue.currency = "EUR"; }},
  };
  for (const auto& [key, change] : keys) {
    Settings wanted = settings();
    change(wanted);
    EXPECT_THAT(restart_needed(settings(), wanted), ElementsAre(HasSubstr(key)));
  }
}

TEST(RestartNeeded, all_are_named_at_once) {
  Settings wanted = settings();
  wanted.http.listen = "off";
  wanted.spool.name = "else";
  EXPECT_THAT(restart_needed(settings(), wanted),
              ElementsAre(HasSubstr("spool.name"), HasSubstr("http")));
}

TEST(RestartNeeded, a_product_of_which_the_ledger_may_hold_packs_stays) {
  Settings wanted = settings();
  wanted.catalogue.products[0].name = "kaptcha";
  EXPECT_THAT(restart_needed(settings(), wanted),
              ElementsAre(HasSubstr("product \"captcha\" is gone")));
}

TEST(RestartNeeded, overage_keeps_its_prices) {
  Settings wanted = settings();
  wanted.catalogue.products[0].postpaid_prices.clear();
  EXPECT_THAT(restart_needed(settings(), wanted),
              ElementsAre(HasSubstr("the postpaid prices of product \"captcha\" are gone")));
}

TEST(RestartNeeded, a_channel_looks_at_its_own_part) {
  Settings wanted = settings();
  wanted.spool.directory = "/else";
  wanted.http.listen = "off";
  wanted.channels[0].plugin = "other.so";
  wanted.channels[0].batch_max = 1;
  EXPECT_THAT(channel_restart_needed(settings(), wanted, "inbox"), IsEmpty());
  wanted.channels[0].memory_max_bytes = 1;
  EXPECT_THAT(channel_restart_needed(settings(), wanted, "inbox"),
              ElementsAre(HasSubstr("memory_max_bytes")));
}

}  // namespace
}  // namespace packwarden
