#include "usecases/deployment.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "domain/money.h"
#include "domain/shown_text.h"
#include "usecases/command_run.h"

namespace packwarden {
namespace {

std::string sha256_hex(std::string_view text) {
  std::array<unsigned char, 32> digest{};
  if (EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("OpenSSL has no SHA-256");
  }
  return fmt::format("{:02x}", fmt::join(digest, ""));
}

LedgerMeaning meaning_of(std::span<const StoredValue> newest) {
  std::map<std::string, std::string> values;
  for (const StoredValue& one : newest) values[one.name] = one.value;
  return to_meaning(values);
}

bool are_same(std::span<const StoredValue> a, std::span<const StoredValue> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

constexpr std::array settable = {"currency", "business-time-zone", "products", "postpaid-prices"};

std::vector<std::string> sorted_names(std::string_view list) {
  std::vector<std::string> names;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    if (end > 0) names.emplace_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  std::sort(names.begin(), names.end());
  return names;
}

// Products of the settings that have other prices there than in the ledger.
std::vector<std::string> other_prices(const LedgerMeaning& stored, const LedgerMeaning& wanted) {
  std::vector<std::string> names;
  for (const auto& [product, meters] : wanted.products) {
    const auto before = stored.postpaid_prices.find(product);
    const auto after = wanted.postpaid_prices.find(product);
    const bool has_before = before != stored.postpaid_prices.end();
    const bool has_after = after != wanted.postpaid_prices.end();
    if (has_before != has_after || (has_before && before->second != after->second)) {
      names.push_back(product);
    }
  }
  return names;
}

// What VALUE must be, so that who types it has read what the settings of this host say.
std::string expected_value(const std::string& name, const LedgerMeaning& stored,
                           const LedgerMeaning& wanted) {
  if (name == "currency") return wanted.currency;
  if (name == "business-time-zone") return wanted.business_time_zone;
  if (name == "products") {
    std::vector<std::string> names;
    for (const auto& [product, meters] : wanted.products) names.push_back(product);
    return fmt::format("{}", fmt::join(names, ","));
  }
  return fmt::format("{}", fmt::join(other_prices(stored, wanted), ","));
}

std::string value_of(const std::string& name, const MeaningValues& values) {
  const auto found = std::find_if(values.begin(), values.end(),
                                  [&](const auto& value) { return value.first == name; });
  return found->second;
}

struct Ready {
  LedgerMeaning stored;
  std::string value;  // to be recorded
};

tl::expected<Ready, Refusal> prepare(std::span<const StoredValue> newest,
                                     const LedgerMeaning& wanted, const DeploymentOrder& order,
                                     const std::vector<std::string>& living) {
  const MeaningValues values = to_values(wanted);
  const bool is_known = std::any_of(values.begin(), values.end(),
                                    [&](const auto& value) { return value.first == order.name; });
  if (!is_known) {
    return refuse("unknown_name",
                  fmt::format("'{}' is no value of the deployment. Give one of: {}.", order.name,
                              fmt::join(settable, ", ")));
  }
  if (std::find(settable.begin(), settable.end(), order.name) == settable.end()) {
    return refuse("taken_from_settings",
                  fmt::format("{} is taken from the settings at the next start or reload of a "
                              "daemon: change it there.",
                              order.name));
  }
  if (newest.empty()) {
    return refuse("no_change",
                  "The database has nothing to compare with yet: the first start takes what the "
                  "settings say.");
  }
  Ready ready{meaning_of(newest), value_of(order.name, values)};
  const std::string expected = expected_value(order.name, ready.stored, wanted);
  if (value_of(order.name, to_values(ready.stored)) == ready.value) {
    return refuse("no_change", fmt::format("{} is that already: the settings of this host agree "
                                           "with the ledger.",
                                           order.name));
  }
  if (sorted_names(order.value) != sorted_names(expected)) {
    return refuse(
        "other_settings",
        fmt::format("The settings of this host say {0} for {1}. Change them first if that "
                    "is wrong, on every host; then give what they say: packctl "
                    "deployment set {1} {0}.",
                    expected.empty() ? "nothing" : expected, order.name));
  }
  if (!living.empty()) {
    return refuse("daemons_live",
                  fmt::format("Daemons work on the ledger with the meaning that it has: {}. Stop "
                              "packwardend on every host, then run this again.",
                              fmt::join(living, "; ")));
  }
  return ready;
}

std::string holdings_text(const ProductHoldings& held) {
  return fmt::format("{} of product \"{}\", and {} of open overage",
                     held.packs == 0
                         ? "no pack with units left"
                         : fmt::format("{} with {} left", shown_count(held.packs, "pack", "packs"),
                                       shown_count(held.units_left, "unit", "units")),
                     held.product, shown_count(held.open_units, "unit", "units"));
}

const ProductHoldings* find_product(const DeploymentHoldings& holdings, const std::string& name) {
  const auto found =
      std::find_if(holdings.products.begin(), holdings.products.end(),
                   [&](const ProductHoldings& held) { return held.product == name; });
  return found == holdings.products.end() ? nullptr : &*found;
}

void tell_products(const LedgerMeaning& stored, const LedgerMeaning& wanted,
                   const DeploymentHoldings& holdings, std::vector<std::string>& told) {
  for (const auto& [product, meters] : stored.products) {
    const auto kept = wanted.products.find(product);
    if (kept == wanted.products.end()) {
      const ProductHoldings* held = find_product(holdings, product);
      told.push_back(fmt::format(
          "Product \"{}\" is no product of the ledger any more: {}. Its usage is rejected as "
          "unknown_product, its packs are not drawn from, and its open overage is not charged, "
          "until the product is in the catalogue again.",
          product, held ? "the ledger has " + holdings_text(*held) : "the ledger has none of it"));
      continue;
    }
    for (const std::string& meter : meters) {
      if (kept->second.count(meter) != 0) continue;
      told.push_back(fmt::format(
          "Records of meter \"{}\" of product \"{}\" are rejected as unknown_meter from now on.",
          meter, product));
    }
  }
  for (const auto& [product, meters] : wanted.products) {
    if (stored.products.count(product) != 0) continue;
    told.push_back(fmt::format("Product \"{}\" is new: nothing of the ledger is of it.", product));
  }
}

std::vector<std::string> told(DeploymentStore& store, const LedgerMeaning& stored,
                              const LedgerMeaning& wanted, const std::string& name) {
  const DeploymentHoldings holdings = store.holdings();
  std::vector<std::string> lines;
  if (name == "currency") {
    lines.push_back(fmt::format(
        "All amounts that are there count as {} from now on, and none is converted: the balances "
        "of {}, which sum to {} {}, and every price, bill and journal.",
        wanted.currency, shown_count(holdings.accounts_with_money, "account", "accounts"),
        money_text(holdings.balance_micros), stored.currency));
  } else if (name == "business-time-zone") {
    lines.push_back(fmt::format(
        "Business days begin and end by the clock of {} instead of {} from now on: the days that "
        "are open, their charges (08:00 to 12:00), the months of statements, and what packs are "
        "valid for. What was rated or charged keeps its day.",
        wanted.business_time_zone, stored.business_time_zone));
    for (const ProductHoldings& held : holdings.products) {
      if (held.open_units == 0) continue;
      lines.push_back(fmt::format(
          "Open overage of product \"{}\" ({}) keeps its day of {} and is charged by the clock of "
          "{}.",
          held.product, shown_count(held.open_units, "unit", "units"), stored.business_time_zone,
          wanted.business_time_zone));
    }
  } else if (name == "products") {
    tell_products(stored, wanted, holdings, lines);
  } else {
    for (const std::string& product : other_prices(stored, wanted)) {
      const ProductHoldings* held = find_product(holdings, product);
      const bool has_price = wanted.postpaid_prices.count(product) != 0;
      lines.push_back(fmt::format(
          "Product \"{}\" {}; open overage ({}) is {}.", product,
          has_price ? "has the postpaid prices that the catalogue says, also for days that are over"
                    : "has no postpaid price any more, and services that rest on postpaid are "
                      "stopped with the "
                      "next change of each account (until then the audit names them)",
          shown_count(held ? held->open_units : 0, "unit", "units"),
          has_price ? "charged by them" : "not charged until it has one again"));
    }
  }
  return lines;
}

}  // namespace

std::string_view name_of(RecordedBy who) {
  switch (who) {
    case RecordedBy::first:
      return "first";
    case RecordedBy::settings:
      return "settings";
    case RecordedBy::operator_:
      break;
  }
  return "operator";
}

LedgerMeaning meaning_of(const Catalogue& catalogue, const std::string& business_time_zone,
                         int dedupe_window_days, const AcceptanceWindow& window) {
  LedgerMeaning meaning;
  meaning.currency = catalogue.currency;
  meaning.business_time_zone = business_time_zone;
  for (const Product& product : catalogue.products) {
    auto& meters = meaning.products[product.name];
    for (const Meter& meter : product.meters) meters.insert(meter.name);
    if (!product.postpaid_prices.empty()) {
      meaning.postpaid_prices[product.name] = product.postpaid_prices;
    }
  }
  meaning.dedupe_window_days = dedupe_window_days;
  meaning.acceptance_days = static_cast<int>(window.max_age.nanos / Span::days(1).nanos);
  meaning.acceptance_skew_s = static_cast<int>(window.max_skew.nanos / Span::seconds(1).nanos);
  meaning.catalogue_digest = sha256_hex(catalogue_text(catalogue));
  return meaning;
}

std::string digest_of(const LedgerMeaning& meaning) {
  std::string text;
  for (const auto& [name, value] : to_values(meaning)) {
    text += fmt::format("{} {}:{}\n", name, value.size(), value);
  }
  return sha256_hex(text);
}

MeaningComparison look_at_meaning(DeploymentStore& store, const LedgerMeaning& wanted) {
  MeaningComparison comparison;
  const auto newest = store.newest();
  comparison.first = newest.empty();
  LedgerMeaning stored = comparison.first ? wanted : meaning_of(newest);
  if (comparison.first && store.sequence() > 0) {
    // A ledger of before meanings were stored: what it holds is known all the same.
    for (const ProductHoldings& held : store.holdings().products) stored.products[held.product];
  }
  comparison.refused = refused_changes(stored, wanted, store.facts_after(0));
  comparison.changed = changed_values(stored, wanted);
  return comparison;
}

namespace {

MeaningComparison record_first(DeploymentStore& store, const LedgerMeaning& wanted,
                               const MeaningComparison& comparison) {
  if (!comparison.first || !comparison.refused.empty()) return comparison;
  return store.record_first(to_values(wanted)) ? comparison : look_at_meaning(store, wanted);
}

}  // namespace

MeaningComparison compare_meaning(DeploymentStore& store, const LedgerMeaning& wanted) {
  const MeaningComparison comparison = look_at_meaning(store, wanted);
  // What a ledger in use means is for a daemon to record, not for a command by the way.
  return store.sequence() > 0 ? comparison : record_first(store, wanted, comparison);
}

// What the decision rests on is read before the lock, and only what came since under it: a ledger
// of millions of accounts must not stand still for it. Under the lock also where nothing changes:
// whoever sets a value now has looked for living daemons already, and did not see this one.
MeaningComparison take_meaning(DeploymentStore& store, const LedgerMeaning& wanted,
                               std::optional<Instant> as_of) {
  for (;;) {
    const auto newest = store.newest();
    const Sequence seen = store.sequence();
    MeaningComparison comparison = record_first(store, wanted, look_at_meaning(store, wanted));
    if (!comparison.refused.empty() || comparison.first) return comparison;
    if (comparison.changed.empty()) {
      if (are_same(store.newest_under_lock(), newest)) return comparison;
      continue;
    }
    bool moved = false;
    store.record(
        RecordedBy::settings, as_of, [&](std::span<const StoredValue> now) -> MeaningValues {
          moved = !are_same(now, newest);
          if (moved) return {};
          comparison.refused = refused_changes(meaning_of(now), wanted, store.facts_after(seen));
          return comparison.refused.empty() ? comparison.changed : MeaningValues{};
        });
    if (!moved) return comparison;
  }
}

void require_meaning(const MeaningComparison& comparison) {
  if (comparison.refused.empty()) return;
  std::string text;
  for (const RefusedChange& change : comparison.refused) {
    text += (text.empty() ? "" : "\n") + change.sentence;
  }
  throw MeaningRefused(text);
}

void require_taken_over(const MeaningComparison& comparison) {
  for (const auto& [name, value] : comparison.changed) {
    if (name != "products" && name != "postpaid-prices") continue;
    throw MeaningRefused(fmt::format(
        "the {} of this host's catalogue are not those of the ledger, and no daemon has taken them "
        "over yet: reload or start packwardend with this catalogue first, or give this host the "
        "catalogue of the daemons",
        name));
  }
}

tl::expected<std::vector<std::string>, Refusal> plan_change(DeploymentStore& store,
                                                            const LedgerMeaning& wanted,
                                                            const DeploymentOrder& order) {
  const auto newest = store.newest();
  const auto ready = prepare(newest, wanted, order, store.living_daemons());
  if (!ready) return tl::unexpected(ready.error());
  return told(store, ready->stored, wanted, order.name);
}

tl::expected<void, Refusal> change_deployment(DeploymentStore& store, const LedgerMeaning& wanted,
                                              const DeploymentOrder& order) {
  tl::expected<void, Refusal> outcome;
  bool written = false;  // what is found may have been committed by this very run
  store.record(RecordedBy::operator_, order.as_of,
               [&](std::span<const StoredValue> newest) -> MeaningValues {
                 const auto ready = prepare(newest, wanted, order, store.living_daemons());
                 if (!ready) {
                   if (!written) outcome = tl::unexpected(ready.error());
                   return {};
                 }
                 outcome = {};
                 written = true;
                 return {{order.name, ready->value}};
               });
  return outcome;
}

}  // namespace packwarden
