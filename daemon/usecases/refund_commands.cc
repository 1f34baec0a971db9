#include "usecases/refund_commands.h"

#include <fmt/format.h>

#include <array>

#include "billing/refunds.h"
#include "domain/money.h"

namespace packwarden {
namespace {

// The price of the pack back on its balance.
tl::expected<void, Refusal> book(LedgerTransaction& transaction, const Pack& pack, Instant now) {
  const auto journal = refund_of(pack, now);
  if (!journal) return {};
  const MoneyMicros balance = transaction.balances_of(std::span(&pack.account, 1)).front();
  if (balance > max_balance_micros - pack.price_micros) {
    return refuse("balance_too_high",
                  "The balance would be more than the ledger holds. Complete the refund once some "
                  "of it is spent.");
  }
  transaction.add_journals(std::span(&*journal, 1));
  return {};
}

void tell(LedgerTransaction& transaction, const BillingContext& context, const Pack& pack,
          std::uint32_t step_no, const RefundOrder& order) {
  if (context.notices->policy.is_off(NoticeKind::refund_step)) return;
  const auto standing = transaction.standings_of(std::span(&pack.account, 1)).front();
  const Contacts contacts = transaction.contacts_of(std::span(&pack.account, 1)).front();
  const Notice notice{pack.account, pack.product, pack.id, NoticeKind::refund_step,
                      step_no,      false,        0};
  const NoticeWrite write =
      write_of(context, standing, contacts, notice, transaction.now(), order.reason);
  transaction.add_notices(std::span(&write, 1), transaction.now());
}

}  // namespace

CommandOutcome take_refund_step(Ledger& ledger, const BillingContext& context,
                                const RefundOrder& order, const std::string& request_id) {
  const bool has_reason = !order.reason.empty();
  if (has_reason != (order.step == RefundStep::rejected) ||
      order.reason.size() > max_refund_reason_bytes) {
    return refuse("no_reason",
                  "A rejection needs a reason of 1 to 255 bytes. Give it with "
                  "--reason.");
  }
  const std::string pack_id = std::to_string(value_of(order.pack));
  const std::array<std::string_view, 3> content{pack_id, name_of(order.step), order.reason};
  return run_command(
      ledger, "refund", order.as_of, request_id, content,
      [&](LedgerTransaction& tx) -> CommandOutcome {
        const auto held = tx.find_pack(order.pack);
        if (!held) {
          return refuse("unknown_pack", fmt::format("There is no pack {}. Look at packctl pack "
                                                    "list.",
                                                    pack_id));
        }
        if (auto may =
                may_take(order.step, held->pack, held->used, held->last_refund_step, tx.now());
            !may) {
          return tl::unexpected<Refusal>(may.error());
        }
        AccountChanges changes(tx, context, {held->pack.account}, tx.now());
        if (order.step == RefundStep::completed) {
          if (auto booked = book(tx, held->pack, tx.now()); !booked) {
            return tl::unexpected<Refusal>(booked.error());
          }
        }
        const std::uint32_t step_no =
            tx.add_refund_step({order.pack, order.step, tx.now(), order.reason});
        changes.follow();
        tell(tx, context, held->pack, step_no, order);
        return CommandDone{1, value_of(order.pack), false};
      });
}

}  // namespace packwarden
