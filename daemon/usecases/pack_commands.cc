#include "usecases/pack_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
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
using Purchase = std::function<tl::expected<Bought, Refusal>(const Account&)>;
// Reads what the purchases of these accounts need.
using Prepare =
    std::function<Purchase(LedgerTransaction&, const Product&, std::span<const AccountId>)>;

// The packs of a product that some accounts hold, read once for all.
class PacksHeld {
 public:
  PacksHeld(LedgerTransaction& transaction, const Product& product,
            std::span<const AccountId> accounts)
      : packs_(transaction.packs_of(accounts, product.id)) {}
  std::span<const HeldPack> of(AccountId account) const {
    const auto [first, last] = std::equal_range(packs_.begin(), packs_.end(), account, Order{});
    return {first, last};
  }

 private:
  struct Order {
    bool operator()(const HeldPack& a, AccountId b) const { return a.pack.account < b; }
    bool operator()(AccountId a, const HeldPack& b) const { return a < b.pack.account; }
  };
  std::vector<HeldPack> packs_;  // by account
};

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

// What is refused of every account, since it is the order that is wrong.
bool is_of_order(const Refusal& refusal) {
  return refusal.code == "no_trial" || refusal.code == "unknown_tier" ||
         refusal.code == "trial_not_sold";
}

CommandOutcome give(LedgerTransaction& transaction, const BillingContext& context,
                    const PackOrder& order, const Prepare& prepare,
                    std::span<const std::string> names, NameRefusals& refusals) {
  const Product* product = context.catalogue->find_product(order.product);
  if (product == nullptr) return unknown_product(*context.catalogue, order.product);
  const auto accounts = named_accounts(transaction, names, refusals);
  if (!accounts) return tl::unexpected<Refusal>(accounts.error());
  const std::vector<AccountId> ids = ids_of(*accounts);
  const Purchase purchase = prepare(transaction, *product, ids);
  std::optional<PacksHeld> held;
  if (product->notice_scope == NoticeScope::stack) held.emplace(transaction, *product, ids);
  CommandDone done;
  done.first_id = value_of(transaction.last_pack()) + 1;
  std::vector<AccountId> buyers;
  std::vector<Pack> packs;
  std::vector<Journal> journals;
  for (const Account& account : *accounts) {
    auto bought = purchase(account);
    if (!bought) {
      if (is_of_order(bought.error())) return tl::unexpected<Refusal>(bought.error());
      const auto listed = refusals.add(account.name, std::move(bought.error()));
      if (!listed) return tl::unexpected<Refusal>(listed.error());
      continue;
    }
    bought->pack.id = PackId{static_cast<std::uint32_t>(done.first_id + packs.size())};
    if (held) bought->pack.stack = stack_after(bought->pack, held->of(account.id));
    buyers.push_back(account.id);
    packs.push_back(std::move(bought->pack));
    std::move(bought->journals.begin(), bought->journals.end(), std::back_inserter(journals));
  }
  done.count = static_cast<std::uint32_t>(packs.size());
  if (packs.empty()) return done;
  if (!order.paid_by.empty()) {
    if (auto paid = take_payment(transaction, order.paid_by); !paid) {
      return tl::unexpected<Refusal>(paid.error());
    }
  }
  AccountChanges changes(transaction, context, buyers, transaction.now());
  transaction.add_packs(packs);
  transaction.add_journals(journals);
  const bool trial = packs.front().is_trial;
  changes.follow([&](AccountStanding& standing, Consequences& out) {
    if (!trial) switch_after_purchase(*product, transaction.now(), standing, out);
  });
  return done;
}

CommandOutcome run_order(Ledger& ledger, const BillingContext& context, const char* kind,
                         const PackOrder& order, std::string_view tier,
                         const std::string& request_id, const Prepare& prepare) {
  return run_names_command(ledger,
                           {kind,
                            {order.product, tier, order.paid_by},
                            order.accounts,
                            order.as_of,
                            !order.paid_by.empty()},
                           context.limits, request_id,
                           [&](LedgerTransaction& transaction, std::span<const std::string> names,
                               NameRefusals& refusals) {
                             return give(transaction, context, order, prepare, names, refusals);
                           });
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
  const Prepare prepare = [&](LedgerTransaction& transaction, const Product& product,
                              std::span<const AccountId> accounts) {
    return [&, held = PacksHeld(transaction, product, accounts)](
               const Account& account) -> tl::expected<Bought, Refusal> {
      std::vector<Pack> counted;
      for (const HeldPack& one : held.of(account.id)) {
        // P8: a refunded pack does not count as bought.
        if (!one.is_refunded()) counted.push_back(one.pack);
      }
      auto pack = claim_trial(account, product, counted, transaction.now());
      if (!pack) return tl::unexpected<Refusal>(pack.error());
      return Bought{std::move(*pack)};
    };
  };
  return run_order(ledger, context, "pack_trial", order, "", request_id, prepare);
}

CommandOutcome buy_packs(Ledger& ledger, const BillingContext& context, const PackOrder& order,
                         const std::string& tier, const std::string& request_id) {
  const Prepare prepare = [&](LedgerTransaction& transaction, const Product& product,
                              std::span<const AccountId> accounts) {
    return [&, buyers = Buyers(transaction, accounts)](
               const Account& account) -> tl::expected<Bought, Refusal> {
      auto pack = buy_pack(account, buyers.is_verified(account.id), product, tier,
                           transaction.now(), *context.calendar);
      if (!pack) return tl::unexpected<Refusal>(pack.error());
      auto journals = pay_for(account, *pack, buyers.balance_of(account.id), order.paid_by,
                              context.catalogue->currency);
      if (!journals) return tl::unexpected<Refusal>(journals.error());
      return Bought{std::move(*pack), std::move(*journals)};
    };
  };
  return run_order(ledger, context, "pack_buy", order, tier, request_id, prepare);
}

}  // namespace packwarden
