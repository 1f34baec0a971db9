#include "app/catalogue_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "domain/money.h"

namespace packwarden {
namespace {

constexpr std::size_t max_products = 1'000;
constexpr std::size_t max_meters = 1'000;
constexpr std::size_t max_tiers = 1'000;
constexpr std::size_t max_notice_levels = 16;
constexpr std::size_t max_reminder_days = 16;
constexpr std::size_t max_postpaid_prices = 1'000;
constexpr std::size_t max_name_bytes = 64;
constexpr std::size_t max_time_bytes = 64;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= max_name_bytes &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  std::string_view("._-:/").find(c) != std::string_view::npos;
         });
}

// "hh:mm" or "hh:mm:ss"; none for anything else.
std::optional<Span> parse_time_of_day(std::string_view text) {
  if (text.size() != 5 && text.size() != 8) return std::nullopt;
  std::int64_t parts[3] = {0, 0, 0};
  for (std::size_t i = 0; i < text.size(); i += 3) {
    if (!is_digit(text[i]) || !is_digit(text[i + 1])) return std::nullopt;
    if (i > 0 && text[i - 1] != ':') return std::nullopt;
    parts[i / 3] = (text[i] - '0') * 10 + (text[i + 1] - '0');
  }
  if (parts[0] > 23 || parts[1] > 59 || parts[2] > 59) return std::nullopt;
  return Span::seconds(parts[0] * 3'600 + parts[1] * 60 + parts[2]);
}

class CatalogueReader {
 public:
  CatalogueReader(const BusinessCalendar* calendar, FileErrors& errors)
      : calendar_(calendar), errors_(errors) {}

  Catalogue read(const YAML::Node& root) {
    Catalogue catalogue;
    MapReader map(root, root.Mark(), "", errors_);
    currency(map, catalogue.currency);
    map.list("products", max_products, [&](const YAML::Node& item, const std::string& name) {
      catalogue.products.push_back(product(item, name));
      refuse_repeated_name(catalogue.products, item, name);
    });
    refuse_no_items(map, "products", catalogue.products);
    map.finish();
    return catalogue;
  }

 private:
  void currency(MapReader& map, std::string& out) {
    const std::optional<std::string> code = map.scalar("currency", "a currency code");
    if (!code) return;
    const bool is_code = code->size() == 3 && std::all_of(code->begin(), code->end(), [](char c) {
                           return c >= 'A' && c <= 'Z';
                         });
    if (!is_code) return map.error_at_value("currency", "give three capital letters, such as CNY");
    out = *code;
  }

  Product product(const YAML::Node& item, const std::string& where) {
    Product product;

    MapReader map(item, item.Mark(), where, errors_);
    name(map, product.name);
    map.list("meters", max_meters, [&](const YAML::Node& node, const std::string& at) {
      product.meters.push_back(meter(node, at));
      refuse_repeated_name(product.meters, node, at);
    });
    refuse_no_items(map, "meters", product.meters);
    map.list("tiers", max_tiers, [&](const YAML::Node& node, const std::string& at) {
      product.tiers.push_back(tier(node, at));
      refuse_repeated_name(product.tiers, node, at);
      refuse_second_trial(product.tiers, node, at);
    });
    refuse_no_items(map, "tiers", product.tiers);
    product.notice_levels_percent =
        ordered(map, "notice_levels_percent", {50, 70, 90, 95},  // N2
                {max_notice_levels, {1, 99}, "level", "above", "ascending"});
    std::string scope = "pack";
    map.one_of("notice_scope", scope, {"pack", "stack"});
    if (scope == "stack") product.notice_scope = NoticeScope::stack;
    product.reminder_days = ordered(map, "reminder_days", {3, 1},  // N1
                                    {max_reminder_days, {1, 999}, "day", "below", "descending"});
    map.whole_number("trial_valid_days", product.trial_valid_days, {1, 3'650});
    map.whole_number("pack_valid_years", product.pack_valid_years, {1, 100});
    map.whole_number("refund_window_days", product.refund_window_days, {0, 3'650});
    map.flag("requires_integration", product.requires_integration);
    map.list("postpaid_prices", max_postpaid_prices,
             [&](const YAML::Node& node, const std::string& at) {
               postpaid_price(node, at, product.postpaid_prices);
             });
    map.finish();
    return product;
  }

  Meter meter(const YAML::Node& item, const std::string& where) {
    Meter meter;
    MapReader map(item, item.Mark(), where, errors_);
    name(map, meter.name);
    meter.billable_from = instant(map, "billable_from");
    meter.billable_until = instant(map, "billable_until");
    if (meter.billable_from && meter.billable_until &&
        *meter.billable_from >= *meter.billable_until) {
      map.error_at_value("billable_until", "is not after billable_from: give a later time");
    }
    map.finish();
    return meter;
  }

  Tier tier(const YAML::Node& item, const std::string& where) {
    Tier tier;
    MapReader map(item, item.Mark(), where, errors_);
    name(map, tier.name);
    map.whole_number("units", tier.units, {1, max_tier_units});
    map.require("units", "how many units the pack has");
    map.flag("trial", tier.is_trial);
    tier.price_micros = price(map, "the price of the pack, such as \"300\"");
    map.whole_number("priority", tier.priority, {-max_tier_priority, max_tier_priority});
    if (tier.is_trial && tier.price_micros != 0) {
      map.error_at_value("price", "a trial costs nothing: give \"0\", or take trial out");
    }
    map.finish();
    return tier;
  }

  void postpaid_price(const YAML::Node& item, const std::string& where,
                      std::vector<PostpaidPrice>& all) {
    PostpaidPrice next{beginning_of_days};
    MapReader map(item, item.Mark(), where, errors_);
    if (const auto text = map.scalar("from", "a day")) {
      if (const auto day = parse_business_day(*text)) {
        next.from = *day;
        if (!all.empty() && *day <= all.back().from) {
          map.error_at_value("from", "is not after the day before it: give later and later days");
        }
      } else {
        map.error_at_value("from", "give the first business day of the price, as 2026-01-31");
      }
    } else if (!all.empty()) {
      map.require("from", "the first business day of the price, as 2026-01-31");
    }
    next.price_micros = price(map, "the price of a unit, such as \"0.005\"");
    map.finish();
    all.push_back(next);
  }

  MoneyMicros price(MapReader& map, std::string_view what) {
    MoneyMicros micros = 0;
    if (const auto text = map.scalar("price", "a price")) {
      if (const auto parsed = parse_money(*text)) {
        micros = *parsed;
      } else {
        map.error_at_value("price",
                           "give an amount from \"0\" to \"1000000000000\" with at most 6 "
                           "decimals, such as \"300\" or \"0.005\"");
      }
    }
    map.require("price", what);
    return micros;
  }

  void name(MapReader& map, std::string& out) {
    map.required_text("name", out, max_name_bytes, "a name");
    if (!out.empty() && !is_name(out)) {
      map.error_at_value("name", "give letters, digits and . _ - : / only");
    }
  }

  struct Ordered {
    std::size_t max_items;
    Bounds bounds;
    std::string_view item;       // what one is
    std::string_view direction;  // of one from the one before it
    std::string_view order;
  };
  std::vector<int> ordered(MapReader& map, std::string_view key, std::vector<int> otherwise,
                           const Ordered& as) {
    std::vector<int> numbers;
    map.list(key, as.max_items, [&](const YAML::Node& item, const std::string& at) {
      const auto number = whole_number_of(item, at, as.bounds, errors_);
      if (!number) return;
      const bool in_order = numbers.empty() || (as.direction == "above" ? *number > numbers.back()
                                                                        : *number < numbers.back());
      if (!in_order) {
        errors_.add(item.Mark(),
                    fmt::format("{}: {} is not {} the {} before it: give the {}s in "
                                "{} order",
                                at, *number, as.direction, as.item, as.item, as.order));
      }
      numbers.push_back(static_cast<int>(*number));
    });
    return map.has(key) ? numbers : otherwise;
  }

  // Wall time of the business time zone, or RFC 3339 with its own offset.
  std::optional<Instant> instant(MapReader& map, std::string_view key) {
    const std::optional<std::string> text = map.scalar(key, "a time");
    if (!text) return std::nullopt;
    if (text->size() > 10 && text->size() <= max_time_bytes) {
      const std::string_view whole = *text;
      const auto day = parse_business_day(whole.substr(0, 10));
      const auto time = parse_time_of_day(whole.substr(11));
      if (day && time && (whole[10] == ' ' || whole[10] == 'T')) {
        return calendar_ ? std::optional(calendar_->at_wall_time(*day, *time)) : std::nullopt;
      }
    }
    const auto parsed = parse_rfc3339(text->data(), text->data() + text->size());
    if (parsed) return *parsed;
    map.error_at_value(key,
                       "give business wall time as 2023-08-21 00:00, or RFC 3339 with an offset as "
                       "2023-08-21T00:00:00+08:00");
    return std::nullopt;
  }

  // After list(): `items` is what it gave.
  template <typename Item>
  void refuse_no_items(MapReader& map, std::string_view key, const std::vector<Item>& items) {
    constexpr std::string_view what = "a list with at least one item";
    map.require(key, what);
    if (items.empty() && map.is_list(key)) {
      map.error_at_value(key, fmt::format("is empty: give {}", what));
    }
  }

  template <typename Named>
  void refuse_repeated_name(const std::vector<Named>& all, const YAML::Node& item,
                            const std::string& where) {
    const std::string& last = all.back().name;
    const auto count = std::count_if(all.begin(), all.end(),
                                     [&](const Named& other) { return other.name == last; });
    if (last.empty() || count == 1) return;
    errors_.add(item.Mark(),
                fmt::format("{}: the name \"{}\" is taken: give each its own", where, last));
  }

  void refuse_second_trial(const std::vector<Tier>& all, const YAML::Node& item,
                           const std::string& where) {
    const auto count =
        std::count_if(all.begin(), all.end(), [](const Tier& tier) { return tier.is_trial; });
    if (!all.back().is_trial || count == 1) return;
    errors_.add(item.Mark(),
                fmt::format("{}: a product has one trial tier at most: take trial out", where));
  }

  const BusinessCalendar* calendar_;
  FileErrors& errors_;
};

}  // namespace

Catalogue read_catalogue(const std::string& text, const BusinessCalendar* calendar,
                         FileErrors& errors) {
  const std::optional<YAML::Node> root = parse_yaml(text, errors);
  if (!root) return {};
  return CatalogueReader(calendar, errors).read(*root);
}

}  // namespace packwarden
