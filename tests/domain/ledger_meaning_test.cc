#include "domain/ledger_meaning.h"

#include <gmock/gmock.h>

#include <stdexcept>

namespace packwarden {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr BusinessDay monday{20'000};

LedgerMeaning captcha() {
  LedgerMeaning meaning;
  meaning.currency = "CNY";
  meaning.business_time_zone = "Asia/Shanghai";
  meaning.products["captcha"] = {"client_verification", "ticket_check"};
  meaning.postpaid_prices["captcha"] = {{beginning_of_days, 5'000}, {{20'100}, 6'000}};
  meaning.dedupe_window_days = 36;
  meaning.acceptance_days = 35;
  meaning.acceptance_skew_s = 300;
  meaning.catalogue_digest = "1f";
  return meaning;
}

// Of one product.
class Facts : public MeaningFacts {
 public:
  bool packs = false;
  std::vector<BusinessDay> open;
  bool postpaid = false;

  bool has_packs(const std::string&) override { return packs; }
  std::vector<BusinessDay> open_days(const std::string&) override { return open; }
  bool is_postpaid_on(const std::string&) override { return postpaid; }
};

std::vector<RefusedChange> refused(const LedgerMeaning& wanted, Facts facts) {
  return refused_changes(captcha(), wanted, facts);
}

auto is_about(const std::string& name, const std::string& part) {
  return AllOf(Field(&RefusedChange::name, name), Field(&RefusedChange::sentence, HasSubstr(part)));
}

Facts in_use() {
  Facts facts;
  facts.packs = true;
  facts.postpaid = true;
  return facts;
}

TEST(LedgerMeaning, comes_back_from_its_values) {
  std::map<std::string, std::string> values;
  for (const auto& [name, value] : to_values(captcha())) values[name] = value;
  EXPECT_EQ(to_meaning(values), captcha());
  values.erase("currency");
  EXPECT_THROW(to_meaning(values), std::invalid_argument);
}

TEST(LedgerMeaning, S40_the_same_settings_are_no_change) {
  EXPECT_THAT(refused(captcha(), in_use()), IsEmpty());
  EXPECT_THAT(changed_values(captcha(), captcha()), IsEmpty());
}

TEST(LedgerMeaning, S40_another_currency_or_zone_is_refused_with_what_to_do) {
  LedgerMeaning wanted = captcha();
  wanted.currency = "USD";
  wanted.business_time_zone = "Europe/Berlin";
  EXPECT_THAT(refused(wanted, {}),
              ElementsAre(is_about("currency", "packctl deployment set currency USD"),
                          is_about("business-time-zone",
                                   "packctl deployment set business-time-zone Europe/Berlin")));
}

TEST(LedgerMeaning, S40_a_product_that_goes_is_refused_while_the_ledger_has_packs_or_open_overage) {
  LedgerMeaning wanted = captcha();
  wanted.products = {{"video", {"seconds"}}};
  wanted.postpaid_prices.clear();
  EXPECT_THAT(refused(wanted, {}), IsEmpty());
  Facts packs;
  packs.packs = true;
  EXPECT_THAT(refused(wanted, packs), ElementsAre(is_about("products", "\"captcha\"")));
  Facts overage;
  overage.open = {monday};
  EXPECT_THAT(refused(wanted, overage), ElementsAre(is_about("products", "\"captcha\"")));
}

TEST(LedgerMeaning, S40_a_meter_that_goes_or_is_renamed_is_refused_likewise) {
  LedgerMeaning wanted = captcha();
  wanted.products["captcha"] = {"client_check", "ticket_check"};
  EXPECT_THAT(refused(wanted, {}), IsEmpty());
  EXPECT_THAT(refused(wanted, in_use()),
              ElementsAre(is_about("products", "meter \"client_verification\"")));
}

TEST(LedgerMeaning, S40_products_meters_prices_of_days_to_come_and_windows_may_come) {
  LedgerMeaning wanted = captcha();
  wanted.products["video"] = {"seconds"};
  wanted.products["captcha"].insert("score");
  wanted.postpaid_prices["captcha"].push_back({{20'200}, 7'000});
  wanted.dedupe_window_days = 61;
  wanted.acceptance_days = 60;
  wanted.catalogue_digest = "2e";
  Facts facts = in_use();
  facts.open = {monday, {20'101}};
  EXPECT_THAT(refused(wanted, facts), IsEmpty());
  EXPECT_THAT(
      changed_values(captcha(), wanted),
      ElementsAre(Pair("products", HasSubstr("video seconds")),
                  Pair("postpaid-prices", HasSubstr("=7000")), Pair("dedupe-window-days", "61"),
                  Pair("acceptance-days", "60"), Pair("catalogue", "2e")));
}

TEST(LedgerMeaning, S40_the_price_of_a_day_with_open_overage_stays) {
  LedgerMeaning wanted = captcha();
  wanted.postpaid_prices["captcha"].front().price_micros = 5'500;
  Facts facts = in_use();
  facts.open = {{20'101}};  // of the second price
  EXPECT_THAT(refused(wanted, facts), IsEmpty());
  facts.open = {monday, {20'101}};
  EXPECT_THAT(refused(wanted, facts),
              ElementsAre(is_about("postpaid-prices", "cost 0.005 on 2024-10-04")));
}

TEST(LedgerMeaning, S40_all_prices_go_only_when_nothing_is_open_and_postpaid_is_off) {
  LedgerMeaning wanted = captcha();
  wanted.postpaid_prices.clear();
  EXPECT_THAT(refused(wanted, {}), IsEmpty());
  Facts overage;
  overage.open = {monday};
  EXPECT_THAT(refused(wanted, overage),
              ElementsAre(is_about("postpaid-prices", "never be charged")));
  Facts on;
  on.postpaid = true;
  EXPECT_THAT(refused(wanted, on), ElementsAre(is_about("postpaid-prices", "switch postpaid off")));
}

TEST(LedgerMeaning, U3_a_dedupe_window_that_is_too_short_for_what_is_accepted_is_refused) {
  LedgerMeaning wanted = captcha();
  wanted.dedupe_window_days = 35;
  EXPECT_THAT(refused(wanted, {}), ElementsAre(is_about("dedupe-window-days", "charged twice")));
}

// A catalogue whose every field is set to something of its own.
Catalogue full() {
  Product product;
  product.name = "captcha";
  product.meters = {{{}, "b", Instant::from_micros(1), {}}, {{}, "a", {}, {}}};
  product.tiers = {{"trial", 10, 0, true}, {"30k", 30, 300, false}};
  product.notice_levels_percent = {50, 90};
  product.reminder_days = {3, 1};
  product.postpaid_prices = {{beginning_of_days, 5}};
  Catalogue catalogue;
  catalogue.products = {product};
  catalogue.products.push_back(product);
  catalogue.products.back().name = "video";
  return catalogue;
}

TEST(CatalogueText, S40_does_not_depend_on_the_order_of_the_file_or_on_ids) {
  Catalogue other = full();
  std::swap(other.products[0], other.products[1]);
  std::swap(other.products[0].meters[0], other.products[0].meters[1]);
  std::swap(other.products[1].tiers[0], other.products[1].tiers[1]);
  other.products[0].id = ProductId{7};
  EXPECT_EQ(catalogue_text(other), catalogue_text(full()));
}

TEST(CatalogueText, S40_has_all_that_decides_what_is_sold_charged_or_told) {
  const std::vector<void (*)(Catalogue&)> changes = {
      [](Catalogue& c) { c.currency = "USD"; },
      [](Catalogue& c) { c.products[0].name = "other"; },
      [](Catalogue& c) { c.products[0].meters[0].name = "other"; },
      [](Catalogue& c) { c.products[0].meters[0].billable_from.reset(); },
      [](Catalogue& c) { c.products[0].meters[0].billable_until = Instant::from_micros(9); },
      [](Catalogue& c) { c.products[0].tiers[0].name = "other"; },
      [](Catalogue& c) { ++c.products[0].tiers[0].units; },
      [](Catalogue& c) { ++c.products[0].tiers[1].price_micros; },
      [](Catalogue& c) { c.products[0].tiers[0].is_trial = false; },
      [](Catalogue& c) { ++c.products[0].tiers[1].priority; },
      [](Catalogue& c) { c.products[0].notice_levels_percent = {50}; },
      [](Catalogue& c) { c.products[0].notice_scope = NoticeScope::stack; },
      [](Catalogue& c) { ++c.products[0].trial_valid_days; },
      [](Catalogue& c) { ++c.products[0].pack_valid_years; },
      [](Catalogue& c) { ++c.products[0].refund_window_days; },
      [](Catalogue& c) { c.products[0].reminder_days = {3}; },
      [](Catalogue& c) { c.products[0].postpaid_prices[0].price_micros = 6; },
      [](Catalogue& c) { c.products[0].postpaid_prices[0].from = monday; },
      [](Catalogue& c) { c.products[0].requires_integration = true; },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    Catalogue changed = full();
    changes[i](changed);
    EXPECT_NE(catalogue_text(changed), catalogue_text(full())) << "change " << i;
  }
}

}  // namespace
}  // namespace packwarden
