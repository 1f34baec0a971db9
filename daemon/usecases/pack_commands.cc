#include "usecases/pack_commands.h"

#include <fmt/format.h>

#include <iterator>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "billing/pack_purchase.h"
#include "billing/payments.h"
#include "usecases/named_accounts.h"

namespace packwarden {
namespace {

// What one account of an order gets, and what it books.
struct Bought {
  Pack pack;
  std::vector<Journal> journals{};
};
using Purchase = std::function<tl::expected<Bought, Refusal>(const Account&, const Product&)>;
// Reads what the purchases of these accounts need.
using Prepare = std::function<Purchase(LedgerTransaction&, std::span<const AccountId>)>;

// O4
void switch_after_purchase(const Product& product, Instant now, AccountStanding& standing,
                           Consequences& out) {
  ProductStanding& bought = *standing.find(product.id);
  const auto step = step_after_purchase(standing, bought, product);
  if (!step) return;
  bought.postpaid_on = step == PostpaidStep::on;
  out.postpaid.push_back({standing.account.id, product.id, *step, now});
  out.notices.push_back({standing.account.id, product.id, PackId{},
                         bought.postpaid_on ? NoticeKind::postpaid_on : NoticeKind::postpaid_failed,
                         0, false, 0});
}

CommandOutcome give(LedgerTransaction& transaction, const BillingContext& context,
                    const PackOrder& order, const Prepare& prepare) {
  const Product* product = context.catalogue->find_product(order.product);
  if (product == nullptr) return unknown_product(*context.catalogue, order.product);
  const auto accounts = named_accounts(transaction, order.accounts);
  if (!accounts) return tl::unexpected<Refusal>(accounts.error());
  const std::vector<AccountId> ids = ids_of(*accounts);
  const Purchase purchase = prepare(transaction, ids);
  CommandDone done;
  done.count = static_cast<std::uint32_t>(accounts->size());
  done.first_id = value_of(transaction.last_pack()) + 1;
  std::vector<Pack> packs;
  std::vector<Journal> journals;
  for (const Account& account : *accounts) {
    auto bought = purchase(account, *product);
    if (!bought) return tl::unexpected<Refusal>(bought.error());
    bought->pack.id = PackId{static_cast<std::uint32_t>(done.first_id + packs.size())};
    if (product->notice_scope == NoticeScope::stack) {
      bought->pack.stack = stack_after(bought->pack, transaction.packs_of(account.id, product->id));
    }
    packs.push_back(std::move(bought->pack));
    std::move(bought->journals.begin(), bought->journals.end(), std::back_inserter(journals));
  }
  if (!order.paid_by.empty()) {
    if (auto paid = take_payment(transaction, order.paid_by); !paid) {
      return tl::unexpected<Refusal>(paid.error());
    }
  }
  AccountChanges changes(transaction, context, ids, transaction.now());
  transaction.add_packs(packs);
  transaction.add_journals(journals);
  const bool trial = packs.front().is_trial;
  changes.follow([&](AccountStanding& standing, Consequences& out) {
    if (!trial) switch_after_purchase(*product, transaction.now(), standing, out);
  });
  return done;
}

std::vector<std::string_view> content_of(const PackOrder& order, std::string_view tier) {
  std::vector<std::string_view> content{order.product, tier, order.paid_by};
  content.insert(content.end(), order.accounts.begin(), order.accounts.end());
  return content;
}

// What buying needs to know of the accounts of an order.
class Buyers {
 public:
  Buyers(LedgerTransaction& transaction, std::span<const AccountId> accounts) {
    for (const AccountFact& fact : transaction.facts_of(accounts)) {
      if (fact.kind == AccountFactKind::identity_verified) verified_.insert(value_of(fact.account));
    }
    const auto balances = transaction.balances_of(accounts);
    for (std::size_t i = 0; i < accounts.size(); ++i) {
      balances_[value_of(accounts[i])] = balances[i];
    }
  }
  bool is_verified(AccountId account) const { return verified_.contains(value_of(account)); }
  MoneyMicros balance_of(AccountId account) const { return balances_.at(value_of(account)); }

 private:
  std::unordered_set<std::uint32_t> verified_;
  std::unordered_map<std::uint32_t, MoneyMicros> balances_;
};

}  // namespace

CommandOutcome claim_trials(Ledger& ledger, const BillingContext& context, const PackOrder& order,
                            const std::string& request_id) {
  const Prepare prepare = [&](LedgerTransaction& transaction, std::span<const AccountId>) {
    return [&](const Account& account, const Product& product) -> tl::expected<Bought, Refusal> {
      std::vector<Pack> held;
      for (HeldPack& one : transaction.packs_of(account.id, product.id)) {
        // P8: a refunded pack does not count as bought.
        if (one.last_refund_step != RefundStep::completed) held.push_back(std::move(one.pack));
      }
      auto pack = claim_trial(account, product, held, transaction.now());
      if (!pack) return tl::unexpected<Refusal>(pack.error());
      return Bought{std::move(*pack)};
    };
  };
  return run_command(
      ledger, "pack_trial", order.as_of, request_id, content_of(order, ""),
      [&](LedgerTransaction& transaction) { return give(transaction, context, order, prepare); });
}

CommandOutcome buy_packs(Ledger& ledger, const BillingContext& context, const PackOrder& order,
                         const std::string& tier, const std::string& request_id) {
  const Prepare prepare = [&](LedgerTransaction& transaction, std::span<const AccountId> accounts) {
    return [&, buyers = Buyers(transaction, accounts)](
               const Account& account, const Product& product) -> tl::expected<Bought, Refusal> {
      auto pack = buy_pack(account, buyers.is_verified(account.id), product, tier,
                           transaction.now(), *context.calendar);
      if (!pack) return tl::unexpected<Refusal>(pack.error());
      auto journals = pay_for(account, *pack, buyers.balance_of(account.id), order.paid_by,
                              context.catalogue->currency);
      if (!journals) return tl::unexpected<Refusal>(journals.error());
      return Bought{std::move(*pack), std::move(*journals)};
    };
  };
  return run_command(
      ledger, "pack_buy", order.as_of, request_id, content_of(order, tier),
      [&](LedgerTransaction& transaction) { return give(transaction, context, order, prepare); });
}

}  // namespace packwarden
