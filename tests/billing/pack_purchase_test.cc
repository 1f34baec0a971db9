#include "billing/pack_purchase.h"

#include <gtest/gtest.h>

#include "domain/whole_second.h"

namespace packwarden {
namespace {

const Instant noon = Instant::from_micros(1'700'020'800'000'000);  // 2023-11-15T12:00 in Shanghai

Product captcha() {
  Product product;
  product.id = ProductId{3};
  product.name = "captcha";
  product.tiers = {{"trial", 20'000, 0, true}, {"30k", 30'000, 300'000'000, false}};
  product.notice_levels_percent = {50, 90};
  return product;
}

Account tenant() {
  return {AccountId{7}, AccountId{}, "acme"};
}
Account sub_account() {
  return {AccountId{8}, AccountId{7}, "acme-web"};
}

BusinessCalendar shanghai() {
  return BusinessCalendar::for_zone("Asia/Shanghai").value();
}

std::string code_of(const tl::expected<Pack, Refusal>& outcome) {
  return outcome ? "" : outcome.error().code;
}

TEST(PackPurchase, P1_a_pack_is_bought_by_a_main_account) {
  const auto pack = buy_pack(tenant(), true, captcha(), "30k", noon, shanghai());
  ASSERT_TRUE(pack.has_value());
  EXPECT_EQ(pack->account, AccountId{7});
  EXPECT_EQ(pack->product, ProductId{3});
  EXPECT_EQ(pack->purchased_at, noon);
  EXPECT_EQ(pack->effective_from, noon);
  EXPECT_FALSE(pack->is_trial);
}

TEST(PackPurchase, P1_buying_needs_a_verified_identity_and_a_trial_does_not) {
  const auto refused = buy_pack(tenant(), false, captcha(), "30k", noon, shanghai());
  EXPECT_EQ(code_of(refused), "unverified");
  EXPECT_EQ(refused.error().message,
            "The identity of 'acme' is not verified, and buying needs that. Run packctl account "
            "verify once it is.");
  EXPECT_TRUE(claim_trial(tenant(), captcha(), {}, noon));
}

TEST(PackPurchase, P1_refusals_say_why_and_what_to_do) {
  EXPECT_EQ(code_of(buy_pack(sub_account(), true, captcha(), "30k", noon, shanghai())),
            "sub_account");
  EXPECT_EQ(code_of(buy_pack(tenant(), true, captcha(), "trial", noon, shanghai())),
            "trial_not_sold");
  const auto unknown = buy_pack(tenant(), true, captcha(), "31k", noon, shanghai());
  ASSERT_FALSE(unknown.has_value());
  EXPECT_EQ(unknown.error().code, "unknown_tier");
  EXPECT_EQ(unknown.error().message, "Product 'captcha' has no tier '31k'. Choose one of: 30k.");
}

TEST(PackPurchase, P2_a_trial_is_given_once) {
  const auto first = claim_trial(tenant(), captcha(), {}, noon);
  ASSERT_TRUE(first.has_value());
  EXPECT_TRUE(first->is_trial);
  EXPECT_EQ(code_of(claim_trial(tenant(), captcha(), std::vector{*first}, noon)), "trial_claimed");
}

TEST(PackPurchase, P2_a_trial_is_for_new_users) {
  const auto bought = buy_pack(tenant(), true, captcha(), "30k", noon, shanghai());
  EXPECT_EQ(code_of(claim_trial(tenant(), captcha(), std::vector{*bought}, noon)), "trial_not_new");
}

TEST(PackPurchase, P2_a_sub_account_has_no_trial) {
  EXPECT_EQ(code_of(claim_trial(sub_account(), captcha(), {}, noon)), "sub_account");
}

TEST(PackPurchase, P2_a_product_without_trial_refuses) {
  Product product = captcha();
  product.tiers.erase(product.tiers.begin());
  EXPECT_EQ(code_of(claim_trial(tenant(), product, {}, noon)), "no_trial");
}

TEST(PackPurchase, C2_a_trial_is_valid_for_days_of_24_hours) {
  Product product = captcha();
  product.trial_valid_days = 7;
  EXPECT_EQ(claim_trial(tenant(), product, {}, noon)->expires_at, noon + Span::days(7));
}

TEST(PackPurchase, C2_a_pack_is_valid_for_a_year_of_the_wall_clock) {
  // 2024-02-29T08:00 in Shanghai to 2025-02-28T08:00.
  const Instant leap_day = Instant::from_micros(1'709'164'800'000'000);
  const auto pack = buy_pack(tenant(), true, captcha(), "30k", leap_day, shanghai());
  EXPECT_EQ(pack->expires_at, leap_day + Span::days(365));

  Product two_years = captcha();
  two_years.pack_valid_years = 2;
  EXPECT_EQ(buy_pack(tenant(), true, two_years, "30k", noon, shanghai())->expires_at,
            noon + Span::days(366 + 365));
}

TEST(PackPurchase, C2_a_pack_is_bought_at_the_microsecond_that_the_ledger_keeps) {
  const auto pack =
      buy_pack(tenant(), true, captcha(), "30k", Instant{noon.nanos + 1'999}, shanghai());
  EXPECT_EQ(pack->purchased_at, noon + Span{1'000});
}

TEST(PackPurchase, P5_a_pack_is_effective_from_the_second_of_its_purchase_and_ends_by_the_instant) {
  const Instant bought_at = noon + Span{999'999'000};
  const auto pack = buy_pack(tenant(), true, captcha(), "30k", bought_at, shanghai());
  EXPECT_EQ(pack->purchased_at, bought_at);
  EXPECT_EQ(pack->effective_from, noon);
  EXPECT_EQ(pack->expires_at, bought_at + Span::days(366));
  const auto trial = claim_trial(tenant(), captcha(), {}, bought_at);
  EXPECT_EQ(trial->purchased_at, bought_at);
  EXPECT_EQ(trial->effective_from, noon);
  EXPECT_EQ(trial->expires_at, bought_at + Span::days(7));
}

TEST(PackPurchase, P5_a_second_begins_before_its_instants_also_before_1970) {
  EXPECT_EQ(second_of(Instant{-1}), Instant{-1'000'000'000});
  EXPECT_EQ(second_of(Instant{-1'000'000'000}), Instant{-1'000'000'000});
  EXPECT_EQ(second_of(Instant{1'999'999'999}), Instant{1'000'000'000});
}

TEST(PackPurchase, C3_a_pack_keeps_what_the_catalogue_said) {
  const auto pack = buy_pack(tenant(), true, captcha(), "30k", noon, shanghai());
  EXPECT_EQ(pack->tier, "30k");
  EXPECT_EQ(pack->quota, 30'000);
  EXPECT_EQ(pack->price_micros, 300'000'000);
  EXPECT_EQ(pack->notice_levels, (std::vector{50, 90}));
  EXPECT_EQ(pack->priority, 0);
}

TEST(PackPurchase, P4_C3_a_pack_keeps_the_priority_of_its_tier) {
  Product product = captcha();
  product.tiers[0].priority = -3;
  product.tiers[1].priority = 7;
  EXPECT_EQ(buy_pack(tenant(), true, product, "30k", noon, shanghai())->priority, 7);
  EXPECT_EQ(claim_trial(tenant(), product, {}, noon)->priority, -3);
}

TEST(PackPurchase, N2_a_stack_is_what_is_left_of_usable_packs_and_what_was_used_of_all) {
  Pack bought;
  bought.quota = 100;
  bought.purchased_at = Instant{50};
  HeldPack usable;
  usable.pack.quota = 40;
  usable.pack.expires_at = Instant{51};
  usable.used = 10;
  HeldPack over = usable;
  over.pack.expires_at = Instant{50};
  HeldPack frozen = usable;
  frozen.last_refund_step = RefundStep::requested;
  const std::vector<HeldPack> held = {usable, over, frozen};
  EXPECT_EQ(stack_after(bought, held), (PackStack{130, 30}));
  EXPECT_EQ(stack_after(bought, {}), (PackStack{100, 0}));
}

}  // namespace
}  // namespace packwarden
