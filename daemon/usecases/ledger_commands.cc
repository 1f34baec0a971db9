#include "usecases/ledger_commands.h"

#include <fmt/format.h>

#include <array>

namespace packwarden {

CommandOutcome accept_older(Ledger& ledger, Sequence sequence, std::optional<Instant> as_of,
                            const std::string& request_id) {
  const std::string number = std::to_string(sequence);
  const std::array<std::string_view, 1> content{number};
  return run_command(ledger, "accept_older", as_of, request_id, content,
                     [&](LedgerTransaction& tx) -> CommandOutcome {
                       if (tx.sequence() != sequence) {
                         return refuse("moved_on",
                                       fmt::format("The database is at ledger transaction {}, not "
                                                   "at {}: look at it again, and accept what it is "
                                                   "at.",
                                                   tx.sequence(), sequence));
                       }
                       tx.begin_history();
                       return CommandDone{1, 0, false};
                     });
}

CommandOutcome accept_clock(Ledger& ledger, const std::string& request_id) {
  return run_command(
      ledger, "ledger_time", {}, request_id, {}, [&](LedgerTransaction& tx) -> CommandOutcome {
        if (tx.now() >= tx.instant_before()) {
          return refuse("not_ahead", fmt::format("The ledger's last instant is {}, and the "
                                                 "database's clock is not behind it: nothing has "
                                                 "to be accepted.",
                                                 to_rfc3339(tx.instant_before())));
        }
        tx.jobs().look_again_from(tx.now());
        return CommandDone{1, 0, false};
      });
}

}  // namespace packwarden
