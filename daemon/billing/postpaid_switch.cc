#include "billing/postpaid_switch.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace packwarden {
tl::expected<void, Refusal> may_switch_postpaid(const AccountStanding& account,
                                                const ProductStanding* held, const Product& product,
                                                bool on) {
  const std::string& name = account.account.name;
  const bool is_on = held != nullptr && held->postpaid_on;
  if (!on) {
    if (is_on) return {};
    return refused("already_off",
                   fmt::format("Postpaid of '{}' is off for '{}'. Nothing is left to switch off.",
                               product.name, name));
  }
  if (product.postpaid_prices.empty()) {
    return refused("no_postpaid", fmt::format("Product '{}' has no postpaid. Set postpaid_prices "
                                              "in the catalogue first.",
                                              product.name));
  }
  if (account.account.closed_at) {
    return refused("closed_account", fmt::format("Account '{}' is closed, and its usage is "
                                                 "rejected. Name an account that is open.",
                                                 name));
  }
  if (is_on) {
    return refused("already_on",
                   fmt::format("Postpaid of '{}' is on for '{}' already. Nothing is left to switch "
                               "on.",
                               product.name, name));
  }
  if (held == nullptr || !held->has_bought_pack()) {
    return refused(
        "no_bought_pack",
        fmt::format("'{}' has bought no pack of '{}' that was not refunded, and postpaid "
                    "comes after one. Buy a pack first.",
                    name, product.name));
  }
  if (account.balance_micros <= 0) {
    return refused("no_money", fmt::format("The balance of '{}' is not above zero, and postpaid "
                                           "needs that. Top it up first.",
                                           name));
  }
  return {};
}

}  // namespace packwarden
