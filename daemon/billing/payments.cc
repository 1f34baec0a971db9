#include "billing/payments.h"

#include <fmt/format.h>

#include "domain/money.h"

namespace packwarden {

tl::expected<Journal, Refusal> top_up(const Account& account, MoneyMicros balance_micros,
                                      MoneyMicros amount_micros, const std::string& reference,
                                      Instant at) {
  if (amount_micros <= 0) {
    return tl::unexpected<Refusal>(
        Refusal{"nothing_to_do", "A top-up of nothing books nothing. Give an amount above zero."});
  }
  if (amount_micros > max_amount_micros || balance_micros > max_balance_micros - amount_micros) {
    return tl::unexpected<Refusal>(Refusal{
        "balance_too_high",
        fmt::format("The balance of '{}' would be more than the ledger holds. Look at the amount.",
                    account.name)});
  }
  return Journal{account.id, JournalKind::top_up, reference, at, amount_micros};
}

tl::expected<std::vector<Journal>, Refusal> pay_for(const Account& account, const Pack& pack,
                                                    MoneyMicros balance_micros,
                                                    const std::string& payment_reference,
                                                    const std::string& currency) {
  const MoneyMicros price = pack.price_micros;
  std::vector<Journal> journals;
  if (price == 0) return journals;
  if (!payment_reference.empty()) {
    journals.push_back(
        {account.id, JournalKind::payment, payment_reference, pack.purchased_at, price});
  } else if (balance_micros < price) {
    return tl::unexpected<Refusal>(Refusal{
        "balance_too_low",
        fmt::format("'{}' has {} {} and the pack costs {}. Top its balance up, or name the payment "
                    "with --paid-by.",
                    account.name, money_text(balance_micros), currency, money_text(price))});
  }
  journals.push_back({account.id, JournalKind::purchase, pack.tier, pack.purchased_at, -price});
  return journals;
}

}  // namespace packwarden
