#include "usecases/pack_commands.h"

#include <fmt/format.h>

#include <unordered_set>
#include <vector>

#include "billing/pack_purchase.h"

namespace packwarden {
namespace {

using Purchase =
    std::function<tl::expected<Pack, Refusal>(LedgerTransaction&, const Account&, const Product&)>;

tl::unexpected<Refusal> unknown_product(const Catalogue& catalogue, const std::string& name) {
  std::string known;
  for (const Product& product : catalogue.products) {
    known.append(known.empty() ? "" : ", ").append(product.name);
  }
  return refuse("unknown_product",
                fmt::format("There is no product '{}'. Choose one of: {}.", name, known));
}

CommandOutcome give(LedgerTransaction& transaction, const Catalogue& catalogue,
                    const PackOrder& order, const Purchase& purchase) {
  const Product* product = catalogue.find_product(order.product);
  if (product == nullptr) return unknown_product(catalogue, order.product);
  if (order.accounts.empty()) {
    return refuse("nothing_to_do", "No account is given. Name at least one.");
  }
  CommandDone done;
  done.count = static_cast<std::uint32_t>(order.accounts.size());
  done.first_id = value_of(transaction.last_pack()) + 1;
  std::unordered_set<std::string_view> seen;
  std::vector<Pack> packs;
  const auto found = transaction.find_accounts(order.accounts);
  for (std::size_t i = 0; i < order.accounts.size(); ++i) {
    const std::string& name = order.accounts[i];
    const auto& account = found[i];
    if (!seen.insert(name).second) {
      return refuse("named_twice",
                    fmt::format("Account '{}' is named twice. Name it once; for two packs, run "
                                "the command twice.",
                                name));
    }
    if (!account) {
      return refuse("unknown_account",
                    fmt::format("There is no account '{}'. Add it first, or look at packctl "
                                "account list.",
                                name));
    }
    auto pack = purchase(transaction, *account, *product);
    if (!pack) return tl::unexpected<Refusal>(pack.error());
    pack->id = PackId{static_cast<std::uint32_t>(done.first_id + packs.size())};
    packs.push_back(std::move(*pack));
  }
  transaction.add_packs(packs);
  return done;
}

std::vector<std::string_view> content_of(const PackOrder& order, std::string_view tier) {
  std::vector<std::string_view> content{order.product, tier};
  content.insert(content.end(), order.accounts.begin(), order.accounts.end());
  return content;
}

}  // namespace

CommandOutcome claim_trials(Ledger& ledger, const Catalogue& catalogue, const PackOrder& order,
                            const std::string& request_id) {
  const Purchase purchase = [&](LedgerTransaction& transaction, const Account& account,
                                const Product& product) {
    const auto held = transaction.packs_of(account.id, product.id);
    return claim_trial(account, product, held, order.now);
  };
  return run_command(ledger, "pack_trial", request_id, content_of(order, ""),
                     [&](LedgerTransaction& transaction) {
                       return give(transaction, catalogue, order, purchase);
                     });
}

CommandOutcome buy_packs(Ledger& ledger, const Catalogue& catalogue,
                         const BusinessCalendar& calendar, const PackOrder& order,
                         const std::string& tier, const std::string& request_id) {
  const Purchase purchase = [&](LedgerTransaction&, const Account& account,
                                const Product& product) {
    return buy_pack(account, product, tier, order.now, calendar);
  };
  return run_command(ledger, "pack_buy", request_id, content_of(order, tier),
                     [&](LedgerTransaction& transaction) {
                       return give(transaction, catalogue, order, purchase);
                     });
}

}  // namespace packwarden
