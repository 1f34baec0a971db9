#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/business_day.h"
#include "domain/ids.h"
#include "domain/instant.h"

namespace packwarden {

// A countable act of a product. Outside [billable_from, billable_until) it is metered and kept as
// not billable (B2).
struct Meter {
  MeterId id{};
  std::string name;
  std::optional<Instant> billable_from{};
  std::optional<Instant> billable_until{};

  bool billable_at(Instant at) const {
    return (!billable_from || at >= *billable_from) && (!billable_until || at < *billable_until);
  }
};

// What a tier may be at most: sums and percentages of these fit the ledger's integers.
inline constexpr Units max_tier_units = 1'000'000'000'000'000;
inline constexpr MoneyMicros max_tier_price_micros = 1'000'000'000'000'000'000;
inline constexpr int max_tier_priority = 1'000'000;  // and at least that much below zero

// An entry of the catalogue: so many units for such a price. Trials are valid for trial_valid_days
// of 24 h from the claim, other tiers for one calendar year of the business wall clock from the
// purchase (C2).
struct Tier {
  std::string name;
  Units units = 0;
  MoneyMicros price_micros = 0;
  bool is_trial = false;
  int priority = 0;  // of its packs: lower ones are drawn from first (P4)
};

// What overage costs per unit from the midnight of a business day on (C3, S15).
struct PostpaidPrice {
  BusinessDay from;
  MoneyMicros price_micros = 0;

  bool operator==(const PostpaidPrice&) const = default;
};
// Of a price that holds from the beginning.
inline constexpr BusinessDay beginning_of_days{INT32_MIN};

// What the levels of usage are of (N2): each pack, or all that was left after the last purchase.
enum class NoticeScope : std::uint8_t { pack, stack };

struct Product {
  ProductId id{};
  std::string name;
  std::vector<Meter> meters{};
  std::vector<Tier> tiers{};
  std::vector<int> notice_levels_percent{};  // ascending, each 1 to 99 (N2)
  NoticeScope notice_scope = NoticeScope::pack;
  int trial_valid_days = 7;
  int pack_valid_years = 1;
  int refund_window_days = 5;                    // of 24 h from the purchase (P8)
  std::vector<int> reminder_days{};              // of 24 h before the expiry, descending (N1)
  std::vector<PostpaidPrice> postpaid_prices{};  // ascending by day; none: no postpaid
  bool requires_integration = false;             // of client and server (B3)

  // nullptr where there is none of that name; the pointers live as long as the product is not
  // changed.
  const Meter* find_meter(std::string_view meter_name) const;
  const Tier* find_tier(std::string_view tier_name) const;

  // C3: per unit of overage with an event time on `day`; nullopt where there is none.
  std::optional<MoneyMicros> postpaid_price_on(BusinessDay day) const;
};

struct Catalogue {
  std::string currency = "CNY";
  std::vector<Product> products;

  // As above, as long as the catalogue is not changed.
  const Product* find_product(std::string_view product_name) const;
};

// C1: price / units in the currency, rounded half up to 4 decimals, e.g. "0.0075"; "-" for a trial.
// Takes a tier of 1 to max_tier_units units with a price of at least 0. Pure; thread-safe.
std::string shown_unit_price(const Tier& tier);

}  // namespace packwarden
