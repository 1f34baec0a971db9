#include "usecases/postpaid_commands.h"

#include "billing/postpaid_switch.h"
#include "usecases/named_accounts.h"

namespace packwarden {
namespace {

tl::expected<void, Refusal> check(LedgerTransaction& transaction, std::span<const AccountId> ids,
                                  const Product& product, bool on) {
  for (AccountStanding& standing : transaction.standings_of(ids)) {
    if (auto may = may_switch_postpaid(standing, standing.find(product.id), product, on); !may) {
      return may;
    }
  }
  return {};
}

}  // namespace

CommandOutcome switch_postpaid(Ledger& ledger, const BillingContext& context,
                               const PostpaidOrder& order, const std::string& request_id) {
  std::vector<std::string_view> content{order.product, order.on ? "on" : "off"};
  content.insert(content.end(), order.accounts.begin(), order.accounts.end());
  return run_command(
      ledger, "postpaid", order.as_of, request_id, content,
      [&](LedgerTransaction& tx) -> CommandOutcome {
        const Product* product = context.catalogue->find_product(order.product);
        if (product == nullptr) return unknown_product(*context.catalogue, order.product);
        const auto accounts = main_accounts(tx, order.accounts);
        if (!accounts) return tl::unexpected<Refusal>(accounts.error());
        const std::vector<AccountId> ids = ids_of(*accounts);
        if (auto may = check(tx, ids, *product, order.on); !may) {
          return tl::unexpected<Refusal>(may.error());
        }
        AccountChanges changes(tx, context, ids, tx.now());
        changes.follow([&](AccountStanding& standing, Consequences& out) {
          standing.find(product->id)->postpaid_on = order.on;
          const AccountId account = standing.account.id;
          out.postpaid.push_back(
              {account, product->id, order.on ? PostpaidStep::on : PostpaidStep::off, tx.now()});
          if (!order.on) return;
          out.notices.push_back(
              {account, product->id, PackId{}, NoticeKind::postpaid_on, 0, false, 0});
        });
        return CommandDone{static_cast<std::uint32_t>(ids.size()), 0, false};
      });
}

}  // namespace packwarden
