#include "billing/pack_purchase.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "domain/whole_second.h"

namespace packwarden {
namespace {

tl::unexpected<Refusal> refused_sub_account(const Account& account, std::string_view what) {
  return refused("sub_account", fmt::format("'{}' is a sub-account, and packs belong to main "
                                            "accounts. {} for its main account instead.",
                                            account.name, what));
}

tl::unexpected<Refusal> refused_closed(const Account& account) {
  return refused("closed_account", fmt::format("Account '{}' is closed, and gets no packs any "
                                               "more. Name an account that is open.",
                                               account.name));
}

Pack pack_of(const Account& account, const Product& product, const Tier& tier, Instant now) {
  Pack pack;
  pack.account = account.id;
  pack.product = product.id;
  pack.tier = tier.name;
  pack.is_trial = tier.is_trial;
  pack.quota = tier.units;
  pack.price_micros = tier.price_micros;
  pack.priority = tier.priority;
  pack.purchased_at = Instant::from_micros(now.micros());
  pack.effective_from = second_of(pack.purchased_at);  // P5
  pack.notice_levels = product.notice_levels_percent;
  pack.reminder_days = product.reminder_days;
  pack.refund_window_days = product.refund_window_days;
  return pack;
}

std::string tiers_for_sale(const Product& product) {
  std::string names;
  for (const Tier& tier : product.tiers) {
    if (tier.is_trial) continue;
    names.append(names.empty() ? "" : ", ").append(tier.name);
  }
  return names.empty() ? "none" : names;
}

}  // namespace

tl::expected<Pack, Refusal> claim_trial(const Account& account, const Product& product,
                                        std::span<const Pack> held, Instant now) {
  if (account.parent != AccountId{}) return refused_sub_account(account, "Claim the trial");
  if (account.closed_at) return refused_closed(account);
  const auto trial = std::find_if(product.tiers.begin(), product.tiers.end(),
                                  [](const Tier& tier) { return tier.is_trial; });
  if (trial == product.tiers.end()) {
    return refused("no_trial", fmt::format("Product '{}' has no trial. Buy a pack: {}.",
                                           product.name, tiers_for_sale(product)));
  }
  if (std::any_of(held.begin(), held.end(), [](const Pack& pack) { return pack.is_trial; })) {
    return refused("trial_claimed",
                   fmt::format("Account '{}' has had its trial of '{}', which is given once. Buy a "
                               "pack: {}.",
                               account.name, product.name, tiers_for_sale(product)));
  }
  if (!held.empty()) {
    return refused("trial_not_new",
                   fmt::format("Account '{}' has bought packs of '{}', and a trial is for new "
                               "users. Buy a pack: {}.",
                               account.name, product.name, tiers_for_sale(product)));
  }
  Pack pack = pack_of(account, product, *trial, now);
  pack.expires_at = pack.purchased_at + Span::days(product.trial_valid_days);
  return pack;
}

tl::expected<Pack, Refusal> buy_pack(const Account& account, bool identity_verified,
                                     const Product& product, std::string_view tier_name,
                                     Instant now, const BusinessCalendar& calendar) {
  if (account.parent != AccountId{}) return refused_sub_account(account, "Buy the pack");
  if (account.closed_at) return refused_closed(account);
  if (!identity_verified) {
    return refused("unverified",
                   fmt::format("The identity of '{}' is not verified, and buying needs that. Run "
                               "packctl account verify once it is.",
                               account.name));
  }
  const Tier* tier = product.find_tier(tier_name);
  if (tier == nullptr) {
    return refused("unknown_tier", fmt::format("Product '{}' has no tier '{}'. Choose one of: {}.",
                                               product.name, tier_name, tiers_for_sale(product)));
  }
  if (tier->is_trial) {
    return refused("trial_not_sold",
                   fmt::format("Tier '{}' of '{}' is the trial, which is claimed and not bought. "
                               "Claim it, or choose one of: {}.",
                               tier_name, product.name, tiers_for_sale(product)));
  }
  Pack pack = pack_of(account, product, *tier, now);
  pack.expires_at = calendar.add_calendar_years(pack.purchased_at, product.pack_valid_years);
  return pack;
}

PackStack stack_after(const Pack& bought, std::span<const HeldPack> held) {
  PackStack stack{bought.quota, 0};
  for (const HeldPack& one : held) {
    stack.used += one.used;
    if (!one.is_frozen() && one.pack.expires_at > bought.purchased_at) stack.left += one.left();
  }
  return stack;
}

}  // namespace packwarden
