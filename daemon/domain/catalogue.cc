#include "domain/catalogue.h"

#include <fmt/format.h>

#include <algorithm>

namespace packwarden {
namespace {

template <typename Named>
const Named* find_named(const std::vector<Named>& all, std::string_view name) {
  const auto found = std::find_if(
      all.begin(), all.end(), [name](const Named& candidate) { return candidate.name == name; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace

const Meter* Product::find_meter(std::string_view meter_name) const {
  return find_named(meters, meter_name);
}

const Tier* Product::find_tier(std::string_view tier_name) const {
  return find_named(tiers, tier_name);
}

std::optional<MoneyMicros> Product::postpaid_price_on(BusinessDay day) const {
  std::optional<MoneyMicros> price_micros;
  for (const PostpaidPrice& price : postpaid_prices) {
    if (price.from <= day) price_micros = price.price_micros;
  }
  return price_micros;
}

const Product* Catalogue::find_product(std::string_view product_name) const {
  return find_named(products, product_name);
}

std::string shown_unit_price(const Tier& tier) {
  if (tier.is_trial) return "-";
  constexpr std::int64_t micros_per_decimal = 100;  // the 4th decimal is 100 micro-units
  const std::int64_t divisor = tier.units * micros_per_decimal;
  std::int64_t decimals = tier.price_micros / divisor;
  const std::int64_t rest = tier.price_micros % divisor;
  if (rest >= divisor - rest) ++decimals;
  return fmt::format("{}.{:04}", decimals / 10'000, decimals % 10'000);
}

}  // namespace packwarden
