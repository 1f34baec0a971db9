#include "usecases/money_commands.h"

#include <fmt/format.h>

#include <array>

#include "billing/payments.h"
#include "domain/account_name.h"
#include "usecases/named_accounts.h"

namespace packwarden {

bool is_reference(const std::string& text) {
  return text.size() <= max_reference_bytes && !fault_of_account_name(text);
}

CommandOutcome top_up_balance(Ledger& ledger, const BillingContext& context,
                              const TopUpOrder& order, const std::string& request_id) {
  const std::string amount = std::to_string(order.amount_micros);
  const std::array<std::string_view, 3> content{order.account, amount, order.reference};
  return run_command(ledger, "top_up", order.as_of, request_id, content,
                     [&](LedgerTransaction& tx) -> CommandOutcome {
                       const auto accounts = main_accounts(tx, std::span(&order.account, 1));
                       if (!accounts) return tl::unexpected<Refusal>(accounts.error());
                       if (auto paid = take_payment(tx, order.reference); !paid) {
                         return tl::unexpected<Refusal>(paid.error());
                       }
                       const Account& account = accounts->front();
                       const MoneyMicros before = tx.balances_of(std::span(&account.id, 1)).front();
                       const auto journal =
                           top_up(account, before, order.amount_micros, order.reference, tx.now());
                       if (!journal) return tl::unexpected<Refusal>(journal.error());
                       AccountChanges changes(tx, context, {account.id}, tx.now());
                       tx.add_journals(std::span(&*journal, 1));
                       changes.follow();
                       return CommandDone{1, 0, false, before + journal->amount_micros};
                     });
}

}  // namespace packwarden
