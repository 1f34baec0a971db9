#include "app/restart_needed.h"

#include <fmt/format.h>

#include <algorithm>

namespace packwarden {
namespace {

// The keys whose values are not the same.
class ChangedKeys {
 public:
  template <typename Value>
  void compare(const char* key, const Value& in_effect, const Value& wanted) {
    if (in_effect == wanted) return;
    sentences_.push_back(fmt::format("{} has changed, which needs a restart", key));
  }
  void add(std::string sentence) { sentences_.push_back(std::move(sentence)); }
  std::vector<std::string> take() { return std::move(sentences_); }

 private:
  std::vector<std::string> sentences_;
};

// A removed product would leave packs and overage of it in the ledger without their rules: nothing
// of it would be charged, and nobody would be told.
void compare(const Catalogue& in_effect, const Catalogue& wanted, ChangedKeys& changed) {
  changed.compare("the catalogue's currency", in_effect.currency, wanted.currency);
  for (const Product& before : in_effect.products) {
    const Product* const after = wanted.find_product(before.name);
    if (after == nullptr) {
      changed.add(fmt::format(
          "product \"{}\" is gone from the catalogue, but the ledger may hold packs of it: leave "
          "it "
          "there, with one tier at least, until nothing of it is held or open; then restart",
          before.name));
    } else if (after->postpaid_prices.empty() && !before.postpaid_prices.empty()) {
      changed.add(
          fmt::format("the postpaid prices of product \"{}\" are gone, but overage may wait for "
                      "its settlement: "
                      "switch postpaid off for its accounts first, and restart",
                      before.name));
    }
  }
}

}  // namespace

std::vector<std::string> restart_needed(const Settings& in_effect, const Settings& wanted) {
  ChangedKeys changed;
  changed.compare("section database, or a password", in_effect.database, wanted.database);
  changed.compare("spool.directory", in_effect.spool.directory, wanted.spool.directory);
  changed.compare("spool.name", in_effect.spool.name, wanted.spool.name);
  changed.compare("spool.default_source", in_effect.spool.default_source,
                  wanted.spool.default_source);
  changed.compare("dedupe.window_days", in_effect.dedupe_window_days, wanted.dedupe_window_days);
  changed.compare("business_time_zone", in_effect.business_time_zone, wanted.business_time_zone);
  changed.compare("section http", in_effect.http, wanted.http);
  changed.compare("section metrics", in_effect.metrics, wanted.metrics);
  changed.compare("section log_limit", in_effect.log_limit, wanted.log_limit);
  changed.compare("allow_as_of", in_effect.allow_as_of, wanted.allow_as_of);
  compare(in_effect.catalogue, wanted.catalogue, changed);
  return changed.take();
}

std::vector<std::string> channel_restart_needed(const Settings& in_effect, const Settings& wanted,
                                                const std::string& channel) {
  ChangedKeys changed;
  changed.compare("section database, or a password", in_effect.database, wanted.database);
  changed.compare("business_time_zone", in_effect.business_time_zone, wanted.business_time_zone);
  changed.compare("section log_limit", in_effect.log_limit, wanted.log_limit);
  changed.compare("memory_max_bytes of the channel",
                  find_channel(in_effect, channel)->memory_max_bytes,
                  find_channel(wanted, channel)->memory_max_bytes);
  return changed.take();
}

const ChannelSettings* find_channel(const Settings& settings, const std::string& name) {
  const auto found =
      std::find_if(settings.channels.begin(), settings.channels.end(),
                   [&](const ChannelSettings& channel) { return channel.name == name; });
  return found == settings.channels.end() ? nullptr : &*found;
}

}  // namespace packwarden
