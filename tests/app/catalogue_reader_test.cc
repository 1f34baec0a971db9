#include "app/catalogue_reader.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/settings_files.h"
#include "support/places.h"

namespace packwarden {
namespace {

using test::ScopedEnvironment;
using test::SettingsFiles;

Instant at(std::string_view rfc3339) {
  return parse_rfc3339(rfc3339.data(), rfc3339.data() + rfc3339.size()).value();
}

std::vector<std::string> errors_in(const std::string& text) {
  const auto calendar = BusinessCalendar::for_zone("Asia/Shanghai");
  FileErrors errors("c.yaml");
  read_catalogue(text, &*calendar, errors);
  std::vector<SettingsError> all;
  errors.move_to(all);
  std::vector<std::string> lines;
  for (const SettingsError& error : all) lines.push_back(to_string(error));
  return lines;
}

// One product with these lines in place of a part of it.
std::string with_meters(const std::string& meters) {
  return "products:\n- name: p\n  meters:\n" + meters +
         "  tiers: [{name: t, units: 1, price: 1}]\n";
}
std::string with_tiers(const std::string& tiers) {
  return "products:\n- name: p\n  meters: [{name: m}]\n  tiers:\n" + tiers;
}

TEST(CatalogueFile, B2_times_are_business_wall_time_or_carry_an_offset) {
  const auto calendar = BusinessCalendar::for_zone("America/New_York");
  FileErrors errors("c.yaml");
  const Catalogue catalogue =
      read_catalogue(with_meters("  - {name: a, billable_from: 2024-03-10 02:30}\n"
                                 "  - {name: b, billable_until: \"2023-08-21T00:00:01+08:00\"}\n"
                                 "  - {name: c, billable_from: 2023-08-21T12:00:09}\n"),
                     &*calendar, errors);
  ASSERT_TRUE(errors.empty());
  const std::vector<Meter>& meters = catalogue.products.at(0).meters;
  EXPECT_EQ(meters.at(0).billable_from, at("2024-03-10T07:30:00Z"));
  EXPECT_EQ(meters.at(0).billable_until, std::nullopt);
  EXPECT_EQ(meters.at(1).billable_until, at("2023-08-20T16:00:01Z"));
  EXPECT_EQ(meters.at(2).billable_from, at("2023-08-21T16:00:09Z"));
}

TEST(CatalogueFile, refuses_wrong_meters) {
  const std::string time_remedy =
      "give business wall time as 2023-08-21 00:00, or RFC 3339 with an offset as "
      "2023-08-21T00:00:00+08:00";
  EXPECT_THAT(
      errors_in(with_meters("  - {name: a b}\n"
                            "  - {name: c, billable_from: 2023-02-29 00:00}\n"
                            "  - {name: c, billable_until: 2023-08-21}\n"
                            "  - {name: d, billable_from: 2023-08-21 24:00}\n"
                            "  - {name: e, billable_from: 2023-08-21 00:00, "
                            "billable_until: 2023-08-21 00:00}\n"
                            "  - {billable: 1}\n")),
      testing::ElementsAre(
          "c.yaml:4:12: products[0].meters[0].name: give letters, digits and . _ - : / only",
          "c.yaml:5:30: products[0].meters[1].billable_from: " + time_remedy,
          "c.yaml:6:5: products[0].meters[2]: the name \"c\" is taken: give each its own",
          "c.yaml:6:31: products[0].meters[2].billable_until: " + time_remedy,
          "c.yaml:7:30: products[0].meters[3].billable_from: " + time_remedy,
          "c.yaml:8:64: products[0].meters[4].billable_until: is not after billable_from: give a "
          "later time",
          "c.yaml:9:5: products[0].meters[5].name: is missing: give a name",
          "c.yaml:9:6: products[0].meters[5].billable: unknown key: take it out, or give one of "
          "name, billable_from, billable_until"));
}

TEST(CatalogueFile, refuses_wrong_tiers) {
  EXPECT_THAT(
      errors_in(with_tiers("  - {name: a, units: 0, price: 1.0000001}\n"
                           "  - {name: b, units: 1, price: 1, trial: true}\n"
                           "  - {name: c, units: 1, price: 0, trial: true}\n"
                           "  - {name: d, shown: 0.1}\n")),
      testing::ElementsAre(
          "c.yaml:5:22: products[0].tiers[0].units: 0 is out of bounds: give a whole number from 1 "
          "to 1000000000000000",
          "c.yaml:5:32: products[0].tiers[0].price: give an amount from \"0\" to \"1000000000000\" "
          "with at most 6 decimals, such as \"300\" or \"0.005\"",
          "c.yaml:6:32: products[0].tiers[1].price: a trial costs nothing: give \"0\", or take "
          "trial out",
          "c.yaml:7:5: products[0].tiers[2]: a product has one trial tier at most: take trial out",
          "c.yaml:8:5: products[0].tiers[3].units: is missing: give how many units the pack has",
          "c.yaml:8:5: products[0].tiers[3].price: is missing: give the price of the pack, such as "
          "\"300\"",
          "c.yaml:8:15: products[0].tiers[3].shown: unknown key: take it out, or give one of name, "
          "units, trial, price, priority"));
}

TEST(CatalogueFile, P4_a_tier_may_have_a_priority) {
  const auto calendar = BusinessCalendar::for_zone("Asia/Shanghai");
  FileErrors errors("c.yaml");
  const Catalogue catalogue =
      read_catalogue(with_tiers("  - {name: a, units: 1, price: 1}\n"
                                "  - {name: b, units: 1, price: 1, priority: 7}\n"
                                "  - {name: c, units: 1, price: 1, priority: -1000000}\n"),
                     &*calendar, errors);
  ASSERT_TRUE(errors.empty());
  const std::vector<Tier>& tiers = catalogue.products.at(0).tiers;
  EXPECT_EQ(tiers.at(0).priority, 0);
  EXPECT_EQ(tiers.at(1).priority, 7);
  EXPECT_EQ(tiers.at(2).priority, -1'000'000);
  EXPECT_THAT(errors_in(with_tiers("  - {name: a, units: 1, price: 1, priority: 1000001}\n"
                                   "  - {name: b, units: 1, price: 1, priority: 1.5}\n")),
              testing::ElementsAre(
                  testing::HasSubstr("products[0].tiers[0].priority: 1000001 is out of bounds"),
                  testing::HasSubstr("products[0].tiers[1].priority")));
}

// A number that 64 bits cannot hold must not come out as another one.
TEST(CatalogueFile, P6_numbers_that_do_not_fit_are_refused_with_their_lines) {
  const std::string amounts =
      "price: give an amount from \"0\" to \"1000000000000\" with at most 6 decimals, such as "
      "\"300\" or \"0.005\"";
  for (const char* price : {"9500000000000", "9223372036855", "9999999999999", "18446744073710",
                            "99999999999999999999999999"}) {
    EXPECT_THAT(errors_in(fmt::format("currency: CNY\n"
                                      "products:\n"
                                      "- name: p\n"
                                      "  meters: [{{name: m}}]\n"
                                      "  tiers:\n"
                                      "  - {{name: t, units: 1, price: \"{0}\"}}\n"
                                      "  postpaid_prices:\n"
                                      "  - {{price: \"{0}\"}}\n",
                                      price)),
                testing::ElementsAre("c.yaml:6:32: products[0].tiers[0]." + amounts,
                                     "c.yaml:8:13: products[0].postpaid_prices[0]." + amounts))
        << price;
  }
  const auto units =
      errors_in(with_tiers("  - {name: a, units: 9223372036854775808, price: 1}\n"
                           "  - {name: b, units: 18446744073709551617, price: 1}\n"));
  ASSERT_EQ(units.size(), 2u);
  EXPECT_THAT(units[0], testing::StartsWith("c.yaml:5:22: products[0].tiers[0].units: 922337203685"
                                            "4775808 is out of bounds"));
  EXPECT_THAT(units[1], testing::StartsWith("c.yaml:6:22: products[0].tiers[1].units: 184467440737"
                                            "09551617 is out of bounds"));
}

TEST(CatalogueFile, refuses_wrong_levels_and_an_empty_list) {
  EXPECT_THAT(
      errors_in("currency: Yuan\n"
                "products:\n"
                "- name: p\n"
                "  meters: []\n"
                "  tiers: [{name: t, units: 1, price: 1}]\n"
                "  notice_levels_percent: [50, 50, 100]\n"
                "- {name: p, meters: [{name: m}], tiers: [{name: t, units: 1, price: 1}]}\n"),
      testing::ElementsAre(
          "c.yaml:1:11: currency: give three capital letters, such as CNY",
          "c.yaml:4:11: products[0].meters: is empty: give a list with at least one item",
          "c.yaml:6:31: products[0].notice_levels_percent[1]: 50 is not above the level "
          "before it: give the levels in ascending order",
          "c.yaml:6:35: products[0].notice_levels_percent[2]: 100 is out of bounds: give a "
          "whole number from 1 to 99",
          "c.yaml:7:3: products[1]: the name \"p\" is taken: give each its own"));
  EXPECT_THAT(
      errors_in("currency: CNY\n"),
      testing::ElementsAre("c.yaml:1:1: products: is missing: give a list with at least one item"));
}

TEST(CatalogueFile, C3_prices_of_postpaid_begin_on_later_and_later_days) {
  const std::string product =
      "products:\n- name: p\n  meters: [{name: m}]\n  tiers: [{name: t, units: 1, price: 1}]\n"
      "  postpaid_prices:\n";
  EXPECT_THAT(errors_in(product + "  - {price: \"0.005\"}\n"
                                  "  - {from: 2026-01-31, price: \"0.004\"}\n"
                                  "  - {from: 2026-02-01, price: 0}\n"),
              testing::IsEmpty());
  EXPECT_THAT(
      errors_in(product + "  - {from: 2026-02-30, price: \"0.005\"}\n"
                          "  - {price: \"0.004\"}\n"
                          "  - {from: 2026-01-31, price: x}\n"
                          "  - {from: 2026-01-31, until: 2027-01-01}\n"),
      testing::ElementsAre(
          "c.yaml:6:12: products[0].postpaid_prices[0].from: give the first business day of the "
          "price, as 2026-01-31",
          "c.yaml:7:5: products[0].postpaid_prices[1].from: is missing: give the first business "
          "day of the price, as 2026-01-31",
          "c.yaml:8:31: products[0].postpaid_prices[2].price: give an amount from \"0\" to "
          "\"1000000000000\" with at most 6 decimals, such as \"300\" or \"0.005\"",
          "c.yaml:9:5: products[0].postpaid_prices[3].price: is missing: give the price of a "
          "unit, such as \"0.005\"",
          "c.yaml:9:12: products[0].postpaid_prices[3].from: is not after the day before it: give "
          "later and later days",
          "c.yaml:9:24: products[0].postpaid_prices[3].until: unknown key: take it out, or give "
          "one of from, price"));
}

TEST(CatalogueFile, C4_several_products_each_have_rules_of_their_own) {
  const auto calendar = BusinessCalendar::for_zone("Asia/Shanghai");
  FileErrors errors("c.yaml");
  const Catalogue catalogue = read_catalogue(
      "products:\n"
      "- name: captcha\n"
      "  meters: [{name: client_verification}]\n"
      "  tiers: [{name: 30k, units: 30000, price: 300}]\n"
      "- name: text\n"
      "  meters: [{name: check}, {name: recheck}]\n"
      "  tiers: [{name: 30k, units: 10, price: 1}, {name: try, units: 5, price: 0, trial: true}]\n"
      "  notice_levels_percent: [80]\n"
      "  reminder_days: [30, 7, 2]\n"
      "  refund_window_days: 0\n"
      "  trial_valid_days: 14\n"
      "  requires_integration: true\n"
      "  postpaid_prices: [{from: 1970-01-11, price: \"0.2\"}]\n",
      &*calendar, errors);
  ASSERT_TRUE(errors.empty());
  const Product& captcha = *catalogue.find_product("captcha");
  const Product& text = *catalogue.find_product("text");
  EXPECT_EQ(captcha.find_meter("check"), nullptr);
  EXPECT_NE(text.find_meter("recheck"), nullptr);
  EXPECT_EQ(captcha.find_tier("30k")->units, 30'000);
  EXPECT_EQ(text.find_tier("30k")->units, 10);
  EXPECT_THAT(captcha.notice_levels_percent, testing::ElementsAre(50, 70, 90, 95));
  EXPECT_THAT(text.notice_levels_percent, testing::ElementsAre(80));
  EXPECT_THAT(captcha.reminder_days, testing::ElementsAre(3, 1));
  EXPECT_THAT(text.reminder_days, testing::ElementsAre(30, 7, 2));
  EXPECT_EQ(captcha.refund_window_days, 5);
  EXPECT_EQ(text.refund_window_days, 0);
  EXPECT_FALSE(captcha.requires_integration);
  EXPECT_TRUE(text.requires_integration);
  EXPECT_EQ(captcha.postpaid_price_on({11}), std::nullopt);
  EXPECT_EQ(text.postpaid_price_on({9}), std::nullopt);
  EXPECT_EQ(text.postpaid_price_on({10}), 200'000);
}

TEST(CatalogueFile, N1_reminder_days_are_in_descending_order) {
  const std::string product =
      "products: [{name: p, meters: [{name: m}], tiers: [{name: t, units: 1, price: 1}],\n";
  EXPECT_THAT(errors_in(product + "  reminder_days: []}]\n"), testing::IsEmpty());
  EXPECT_THAT(
      errors_in(product + "  reminder_days: [1, 3, 0, 1000]}]\n"),
      testing::ElementsAre(
          "c.yaml:2:22: products[0].reminder_days[1]: 3 is not below the day before it: give the "
          "days in descending order",
          "c.yaml:2:25: products[0].reminder_days[2]: 0 is out of bounds: give a whole number "
          "from 1 to 999",
          "c.yaml:2:28: products[0].reminder_days[3]: 1000 is out of bounds: give a whole number "
          "from 1 to 999"));
}

TEST(ShippedCatalogue, is_the_table_of_section_2) {
  const ScopedEnvironment no_credentials("CREDENTIALS_DIRECTORY", nullptr);
  const auto settings = load_settings(source_dir() + "/config/packwarden.yaml");
  ASSERT_TRUE(settings) << to_string(settings.error().front());
  const Catalogue& catalogue = settings->catalogue;
  EXPECT_EQ(catalogue.currency, "CNY");
  ASSERT_EQ(catalogue.products.size(), 1u);
  const Product& captcha = catalogue.products[0];
  EXPECT_EQ(captcha.name, "captcha");
  EXPECT_THAT(captcha.notice_levels_percent, testing::ElementsAre(50, 70, 90, 95));
  EXPECT_EQ(captcha.trial_valid_days, 7);
  EXPECT_EQ(captcha.pack_valid_years, 1);
  EXPECT_EQ(captcha.refund_window_days, 5);
  EXPECT_THAT(captcha.reminder_days, testing::ElementsAre(3, 1));
  EXPECT_TRUE(captcha.requires_integration);
  EXPECT_THAT(captcha.postpaid_prices,
              testing::ElementsAre(PostpaidPrice{beginning_of_days, 5'000}));

  const Instant change = at("2023-08-21T00:00:00+08:00");
  EXPECT_TRUE(captcha.find_meter("ticket_check")->billable_at(change - Span{1}));
  EXPECT_FALSE(captcha.find_meter("ticket_check")->billable_at(change));
  EXPECT_FALSE(captcha.find_meter("client_verification")->billable_at(change - Span{1}));
  EXPECT_TRUE(captcha.find_meter("client_verification")->billable_at(change));

  std::vector<std::string> tiers;
  for (const Tier& tier : captcha.tiers) {
    tiers.push_back(tier.name + " " + std::to_string(tier.units) + " " +
                    std::to_string(tier.price_micros / 1'000'000) + " " + shown_unit_price(tier));
  }
  EXPECT_THAT(
      tiers, testing::ElementsAre("trial 20000 0 -", "30k 30000 300 0.0100", "80k 80000 600 0.0075",
                                  "200k 200000 1000 0.0050", "1m 1000000 2000 0.0020",
                                  "2m 2000000 2700 0.0014", "5m 5000000 5700 0.0011",
                                  "10m 10000000 9600 0.0010", "50m 50000000 44000 0.0009",
                                  "100m 100000000 78000 0.0008", "500m 500000000 322000 0.0006",
                                  "1b 1000000000 500000 0.0005"));
}

}  // namespace
}  // namespace packwarden
