#include "usecases/postpaid_commands.h"

#include "billing/postpaid_switch.h"
#include "usecases/named_accounts.h"

namespace packwarden {
namespace {

// Of those whose postpaid may be switched so.
tl::expected<std::vector<AccountId>, Refusal> check(LedgerTransaction& transaction,
                                                    std::span<const AccountId> ids,
                                                    const Product& product, bool on,
                                                    NameRefusals& refusals) {
  std::vector<AccountId> good;
  for (AccountStanding& standing : transaction.standings_of(ids)) {
    const auto may = may_switch_postpaid(standing, standing.find(product.id), product, on);
    if (may) {
      good.push_back(standing.account.id);
    } else if (auto listed = refusals.add(standing.account.name, may.error()); !listed) {
      return tl::unexpected<Refusal>(listed.error());
    }
  }
  return good;
}

}  // namespace

CommandOutcome switch_postpaid(Ledger& ledger, const BillingContext& context,
                               const PostpaidOrder& order, const std::string& request_id) {
  return run_names_command(
      ledger, {"postpaid", {order.product, order.on ? "on" : "off"}, order.accounts, order.as_of},
      context.limits, request_id,
      [&](LedgerTransaction& tx, std::span<const std::string> names,
          NameRefusals& refusals) -> CommandOutcome {
        const Product* product = context.catalogue->find_product(order.product);
        if (product == nullptr) return unknown_product(*context.catalogue, order.product);
        const auto accounts = main_accounts(tx, names, refusals);
        if (!accounts) return tl::unexpected<Refusal>(accounts.error());
        const auto ids = check(tx, ids_of(*accounts), *product, order.on, refusals);
        if (!ids) return tl::unexpected<Refusal>(ids.error());
        AccountChanges changes(tx, context, *ids, tx.now());
        changes.follow([&](AccountStanding& standing, Consequences& out) {
          standing.find(product->id)->postpaid_on = order.on;
          const AccountId account = standing.account.id;
          out.postpaid.push_back(
              {account, product->id, order.on ? PostpaidStep::on : PostpaidStep::off, tx.now()});
          if (!order.on) return;
          out.notices.push_back(
              {account, product->id, PackId{}, NoticeKind::postpaid_on, 0, false, 0});
        });
        return CommandDone{static_cast<std::uint32_t>(ids->size()), 0, false};
      });
}

}  // namespace packwarden
