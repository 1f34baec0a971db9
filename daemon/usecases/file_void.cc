#include "usecases/file_void.h"

#include <array>

namespace packwarden {

CommandOutcome void_file(Ledger& ledger, const BillingContext& context, const FileVoidOrder& order,
                         const std::string& request_id) {
  if (order.reason.empty() || order.reason.size() > max_void_reason_bytes) {
    return refuse("no_reason",
                  "A void needs a reason of 1 to 255 bytes: the auditor will ask. Give it with "
                  "--reason.");
  }
  const std::string hex = to_hex(order.digest);
  const std::array<std::string_view, 2> content{hex, order.reason};
  return run_command(
      ledger, "file_void", order.as_of, request_id, content,
      [&](LedgerTransaction& transaction) -> CommandOutcome {
        const auto progress = transaction.progress_of(std::span(&order.digest, 1)).front();
        if (!progress) {
          return refuse("unknown_file", "The ledger knows no usage file with digest " + hex + ".");
        }
        if (transaction.find_void(order.digest)) return CommandDone{};
        if (!progress->complete && !order.broken_off) {
          return refuse("still_being_read",
                        "The file has not come to its end. Wait until it has its "
                        "receipt; if it lies in failed/, say --broken-off.");
        }
        AccountChanges changes(transaction, context, transaction.accounts_of_file(order.digest),
                               transaction.now());
        transaction.add_void(order.digest, {transaction.now(), order.reason});
        changes.follow();
        return CommandDone{1, 0, false};
      });
}

}  // namespace packwarden
