#include "domain/catalogue.h"

#include <gtest/gtest.h>

namespace packwarden {
namespace {

Tier tier(Units units, MoneyMicros price_micros) {
  return {.name = "any", .units = units, .price_micros = price_micros, .is_trial = false};
}

TEST(Catalogue, C1_shows_the_unit_prices_of_the_shipped_tiers) {
  struct Row {
    Units units;
    MoneyMicros price;
    const char* shown;
  };
  const Row rows[] = {
      {30'000, 300, "0.0100"},
      {80'000, 600, "0.0075"},
      {200'000, 1'000, "0.0050"},
      {1'000'000, 2'000, "0.0020"},
      {2'000'000, 2'700, "0.0014"},
      {5'000'000, 5'700, "0.0011"},
      {10'000'000, 9'600, "0.0010"},
      {50'000'000, 44'000, "0.0009"},
      {100'000'000, 78'000, "0.0008"},
      {500'000'000, 322'000, "0.0006"},
      {1'000'000'000, 500'000, "0.0005"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(shown_unit_price(tier(row.units, row.price * 1'000'000)), row.shown) << row.units;
  }
}

TEST(Catalogue, C1_shows_no_unit_price_for_a_trial) {
  EXPECT_EQ(
      shown_unit_price({.name = "trial", .units = 20'000, .price_micros = 0, .is_trial = true}),
      "-");
}

TEST(Catalogue, C1_rounds_half_up_at_the_fourth_decimal) {
  EXPECT_EQ(shown_unit_price(tier(2, 99)), "0.0000");   // 0.0000495
  EXPECT_EQ(shown_unit_price(tier(2, 100)), "0.0001");  // 0.00005
  EXPECT_EQ(shown_unit_price(tier(2, 299)), "0.0001");  // 0.0001495
  EXPECT_EQ(shown_unit_price(tier(2, 300)), "0.0002");  // 0.00015
  EXPECT_EQ(shown_unit_price(tier(3, 199)), "0.0001");  // 0.0000663
  EXPECT_EQ(shown_unit_price(tier(1, 99'999'950)), "100.0000");
}

TEST(Catalogue, C1_is_exact_at_the_bounds_of_a_tier) {
  EXPECT_EQ(shown_unit_price(tier(1, max_tier_price_micros)), "1000000000000.0000");
  EXPECT_EQ(shown_unit_price(tier(max_tier_units, max_tier_price_micros)), "0.0010");
  EXPECT_EQ(shown_unit_price(tier(max_tier_units, 0)), "0.0000");
}

TEST(Catalogue, C3_the_postpaid_price_is_dated) {
  Product product;
  EXPECT_EQ(product.postpaid_price_on({20'000}), std::nullopt);
  product.postpaid_prices = {{{20'000}, 5'000}, {{20'010}, 4'000}};
  EXPECT_EQ(product.postpaid_price_on({19'999}), std::nullopt);
  EXPECT_EQ(product.postpaid_price_on({20'000}), 5'000);
  EXPECT_EQ(product.postpaid_price_on({20'009}), 5'000);
  EXPECT_EQ(product.postpaid_price_on({20'010}), 4'000);
  product.postpaid_prices.front().from = beginning_of_days;
  EXPECT_EQ(product.postpaid_price_on({-700'000}), 5'000);
}

TEST(Catalogue, finds_by_exact_name_or_not_at_all) {
  Catalogue catalogue;
  catalogue.products.push_back(
      {.name = "captcha", .meters = {{.name = "ticket_check"}}, .tiers = {tier(1, 1)}});
  const Product* product = catalogue.find_product("captcha");
  ASSERT_NE(product, nullptr);
  EXPECT_EQ(catalogue.find_product("Captcha"), nullptr);
  EXPECT_EQ(product->find_meter("ticket_check"), &product->meters[0]);
  EXPECT_EQ(product->find_meter("ticket"), nullptr);
  EXPECT_EQ(product->find_tier("any"), &product->tiers[0]);
  EXPECT_EQ(product->find_tier(""), nullptr);
}

}  // namespace
}  // namespace packwarden
