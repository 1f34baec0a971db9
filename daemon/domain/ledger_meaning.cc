#include "domain/ledger_meaning.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <stdexcept>

#include "domain/money.h"

namespace packwarden {
namespace {

constexpr std::string_view always = "always";
constexpr std::int64_t seconds_a_day = 86'400;

template <typename Item>
std::vector<const Item*> by_name(const std::vector<Item>& items) {
  std::vector<const Item*> sorted;
  for (const Item& item : items) sorted.push_back(&item);
  std::sort(sorted.begin(), sorted.end(),
            [](const Item* a, const Item* b) { return a->name < b->name; });
  return sorted;
}

std::string text_of(const std::optional<Instant>& at) {
  return at ? to_rfc3339(*at) : "-";
}

std::string text_of(const PostpaidPrice& price) {
  return fmt::format("{}={}",
                     price.from == beginning_of_days ? std::string(always) : to_string(price.from),
                     price.price_micros);
}

std::string text_of(const std::vector<PostpaidPrice>& prices) {
  std::string text;
  for (const PostpaidPrice& price : prices) text += " " + text_of(price);
  return text;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

[[noreturn]] void refuse(std::string_view name, std::string_view text) {
  throw std::invalid_argument(fmt::format("'{}' is no value of {}", text, name));
}

std::int64_t number(std::string_view name, std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) refuse(name, text);
  return value;
}

PostpaidPrice to_price(std::string_view text) {
  const std::size_t at = text.find('=');
  if (at == std::string_view::npos) refuse("postpaid-prices", text);
  const std::string_view from = text.substr(0, at);
  const auto day = from == always ? std::optional(beginning_of_days) : parse_business_day(from);
  if (!day) refuse("postpaid-prices", text);
  return {*day, number("postpaid-prices", text.substr(at + 1))};
}

std::optional<MoneyMicros> price_on(const std::vector<PostpaidPrice>* prices, BusinessDay day) {
  std::optional<MoneyMicros> price_micros;
  if (prices == nullptr) return price_micros;
  for (const PostpaidPrice& price : *prices) {
    if (price.from <= day) price_micros = price.price_micros;
  }
  return price_micros;
}

template <typename Map>
auto find(const Map& map, const std::string& key) -> const typename Map::mapped_type* {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

class Comparison {
 public:
  Comparison(const LedgerMeaning& stored, const LedgerMeaning& wanted, MeaningFacts& facts)
      : stored_(stored), wanted_(wanted), facts_(facts) {}

  std::vector<RefusedChange> refused() {
    currency();
    zone();
    windows();
    for (const auto& [product, meters] : stored_.products) {
      if (const auto* kept = find(wanted_.products, product)) {
        meters_of(product, meters, *kept);
      } else {
        gone(product);
      }
    }
    for (const auto& [product, meters] : wanted_.products) prices_of(product);
    return std::move(refused_);
  }

 private:
  void add(const char* name, std::string sentence) {
    refused_.push_back({name, std::move(sentence)});
  }

  void currency() {
    if (stored_.currency == wanted_.currency) return;
    add("currency",
        fmt::format(
            "the ledger's amounts are in {0}, and the catalogue says {1}: put currency: {0} "
            "back; if every amount that is there is to count as {1} from now on, stop all "
            "daemons and run packctl deployment set currency {1}",
            stored_.currency, wanted_.currency));
  }

  void zone() {
    if (stored_.business_time_zone == wanted_.business_time_zone) return;
    add("business-time-zone",
        fmt::format("the ledger's business days are those of {0}, and business_time_zone is {1}: "
                    "put {0} back; if days are to begin at other instants from now on, stop all "
                    "daemons and run packctl deployment set business-time-zone {1}",
                    stored_.business_time_zone, wanted_.business_time_zone));
  }

  // U3. Only what was let go already could be charged again, and the dedupe floor prevents that: so
  // any window that is long enough for what is accepted may take the place of another.
  void windows() {
    const std::int64_t needed_s =
        wanted_.acceptance_days * seconds_a_day + wanted_.acceptance_skew_s;
    if (wanted_.dedupe_window_days * seconds_a_day > needed_s) return;
    add("dedupe-window-days",
        fmt::format("dedupe.window_days is {}, and records are accepted for {} days and {} s: give "
                    "more than these, or a record could be charged twice",
                    wanted_.dedupe_window_days, wanted_.acceptance_days,
                    wanted_.acceptance_skew_s));
  }

  bool is_in_use(const std::string& product) {
    return facts_.has_packs(product) || !facts_.open_days(product).empty();
  }

  void gone(const std::string& product) {
    if (!is_in_use(product)) return;
    add("products",
        fmt::format("product \"{}\" is gone from the catalogue or has another name there, but the "
                    "ledger has packs or open overage of it: put it back under this name; if "
                    "nothing of it is to be drawn or charged any more, stop all daemons and run "
                    "packctl deployment set products {}",
                    product, names_of(wanted_.products)));
  }

  void meters_of(const std::string& product, const std::set<std::string>& before,
                 const std::set<std::string>& after) {
    for (const std::string& meter : before) {
      if (after.count(meter) != 0 || !is_in_use(product)) continue;
      add("products",
          fmt::format("meter \"{}\" of product \"{}\" is gone from the catalogue or has another "
                      "name there, but the ledger has packs or open overage of the product: put it "
                      "back (billable_until ends what it charges); if its records are to be "
                      "rejected from now on, stop all daemons and run packctl deployment set "
                      "products {}",
                      meter, product, names_of(wanted_.products)));
    }
  }

  void prices_of(const std::string& product) {
    const auto* before = find(stored_.postpaid_prices, product);
    const auto* after = find(wanted_.postpaid_prices, product);
    if (before == nullptr ? after == nullptr : after != nullptr && *before == *after) return;
    const std::string otherwise =
        fmt::format("stop all daemons and run packctl deployment set postpaid-prices {}", product);
    for (const BusinessDay day : facts_.open_days(product)) {
      const auto old_price = price_on(before, day);
      const auto new_price = price_on(after, day);
      if (old_price == new_price) continue;
      if (!old_price) {
        add("postpaid-prices",
            fmt::format("overage of product \"{}\" of {} is open and has no price in the ledger, "
                        "and the catalogue would charge it at {} a unit: give the price with from: "
                        "and a day to come; if the overage is to be charged so, {}",
                        product, to_string(day), money_text(*new_price), otherwise));
        return;
      }
      add("postpaid-prices",
          fmt::format(
              "a unit of product \"{}\" cost {} on {}, and the catalogue says {}, but "
              "overage of that day is not charged yet: put that price back, and give "
              "another one with from: and a day to come; if that is to hold for open overage "
              "too, {}",
              product, money_text(*old_price), to_string(day),
              new_price ? money_text(*new_price) : "nothing, so it would never be charged",
              otherwise));
      return;  // one day says it
    }
    if (after == nullptr && facts_.is_postpaid_on(product)) {
      add("postpaid-prices",
          fmt::format("the postpaid prices of product \"{}\" are gone, but postpaid is on for "
                      "accounts, whose services would stop: put them back, or switch postpaid off "
                      "for these accounts first; if their services are to stop, {}",
                      product, otherwise));
    }
  }

  static std::string names_of(const std::map<std::string, std::set<std::string>>& products) {
    std::vector<std::string_view> names;
    for (const auto& [name, meters] : products) names.push_back(name);
    return fmt::format("{}", fmt::join(names, ","));
  }

  const LedgerMeaning& stored_;
  const LedgerMeaning& wanted_;
  MeaningFacts& facts_;
  std::vector<RefusedChange> refused_;
};

}  // namespace

std::string catalogue_text(const Catalogue& catalogue) {
  std::string text = fmt::format("currency {}\n", catalogue.currency);
  for (const Product* product : by_name(catalogue.products)) {
    text += fmt::format(
        "product {} levels {} scope {} trial_days {} years {} refund_days {} reminder_days {} "
        "integration {}\n",
        product->name, fmt::join(product->notice_levels_percent, ","),
        product->notice_scope == NoticeScope::stack ? "stack" : "pack", product->trial_valid_days,
        product->pack_valid_years, product->refund_window_days,
        fmt::join(product->reminder_days, ","), product->requires_integration);
    for (const Meter* meter : by_name(product->meters)) {
      text += fmt::format("meter {} {} {}\n", meter->name, text_of(meter->billable_from),
                          text_of(meter->billable_until));
    }
    for (const Tier* tier : by_name(product->tiers)) {
      text += fmt::format("tier {} {} {} {} {}\n", tier->name, tier->units, tier->price_micros,
                          tier->is_trial, tier->priority);
    }
    text += fmt::format("postpaid{}\n", text_of(product->postpaid_prices));
  }
  return text;
}

MeaningValues to_values(const LedgerMeaning& meaning) {
  std::string products;
  for (const auto& [name, meters] : meaning.products) {
    products += fmt::format("{} {}\n", name, fmt::join(meters, " "));
  }
  std::string prices;
  for (const auto& [name, of] : meaning.postpaid_prices) {
    prices += name + text_of(of) + "\n";
  }
  return {{"currency", meaning.currency},
          {"business-time-zone", meaning.business_time_zone},
          {"products", std::move(products)},
          {"postpaid-prices", std::move(prices)},
          {"dedupe-window-days", std::to_string(meaning.dedupe_window_days)},
          {"acceptance-days", std::to_string(meaning.acceptance_days)},
          {"acceptance-skew-s", std::to_string(meaning.acceptance_skew_s)},
          {"catalogue", meaning.catalogue_digest}};
}

LedgerMeaning to_meaning(const std::map<std::string, std::string>& values) {
  const auto text = [&](const std::string& name) -> const std::string& {
    const std::string* value = find(values, name);
    if (value == nullptr) refuse(name, "");
    return *value;
  };
  const auto whole = [&](const std::string& name) {
    return static_cast<int>(number(name, text(name)));
  };
  LedgerMeaning meaning;
  meaning.currency = text("currency");
  meaning.business_time_zone = text("business-time-zone");
  for (const std::string_view line : split(text("products"), '\n')) {
    const auto names = split(line, ' ');
    if (names.empty()) refuse("products", line);
    auto& meters = meaning.products[std::string(names.front())];
    for (std::size_t i = 1; i < names.size(); ++i) meters.emplace(names[i]);
  }
  for (const std::string_view line : split(text("postpaid-prices"), '\n')) {
    const auto parts = split(line, ' ');
    if (parts.size() < 2) refuse("postpaid-prices", line);
    auto& prices = meaning.postpaid_prices[std::string(parts.front())];
    for (std::size_t i = 1; i < parts.size(); ++i) prices.push_back(to_price(parts[i]));
  }
  meaning.dedupe_window_days = whole("dedupe-window-days");
  meaning.acceptance_days = whole("acceptance-days");
  meaning.acceptance_skew_s = whole("acceptance-skew-s");
  meaning.catalogue_digest = text("catalogue");
  return meaning;
}

std::vector<RefusedChange> refused_changes(const LedgerMeaning& stored, const LedgerMeaning& wanted,
                                           MeaningFacts& facts) {
  return Comparison(stored, wanted, facts).refused();
}

MeaningValues changed_values(const LedgerMeaning& stored, const LedgerMeaning& wanted) {
  MeaningValues changed;
  const MeaningValues before = to_values(stored);
  for (const auto& value : to_values(wanted)) {
    if (std::find(before.begin(), before.end(), value) == before.end()) changed.push_back(value);
  }
  return changed;
}

}  // namespace packwarden
