#include "usecases/ledger_commands.h"

#include <fmt/format.h>

#include <array>

#include "domain/shown_text.h"

namespace packwarden {
namespace {

std::string shown(const ServiceState& state) {
  return state.is_active() ? fmt::format("active by {}", name_of(state.covered_by))
                           : fmt::format("stopped by {}", name_of(state.reason));
}

void add_more(std::vector<std::string>& sentences, std::int64_t count, std::size_t shown,
              const char* one, const char* many) {
  const std::int64_t more = count - static_cast<std::int64_t>(shown);
  if (more > 0) sentences.push_back("and " + shown_count(more, one, many) + " more");
}

}  // namespace

std::vector<std::string> sentences_of(const DatedAhead& ahead, const LedgerHead& head,
                                      Instant clock, const std::string& currency) {
  std::vector<std::string> sentences{fmt::format(
      "The last ledger transaction ({}) is of {}, and the database's clock says {}: {} ahead of "
      "the clock. They keep their instants; the next one is of the clock, and jobs look again at "
      "all that is due from then on.",
      head.sequence, to_rfc3339(head.instant), to_rfc3339(clock),
      shown_count(ahead.transactions, "transaction is", "transactions are"))};
  for (const AheadPack& pack : ahead.packs) {
    sentences.push_back(fmt::format("pack {} of {} ({}) is valid from {} to {}", value_of(pack.id),
                                    pack.account, pack.tier, to_rfc3339(pack.effective_from),
                                    to_rfc3339(pack.expires_at)));
  }
  add_more(sentences, ahead.packs_count, ahead.packs.size(), "pack", "packs");
  for (const AheadService& service : ahead.services) {
    sentences.push_back(fmt::format("{} of {} is {} since {}", service.product, service.account,
                                    shown(service.state), to_rfc3339(service.changed_at)));
  }
  add_more(sentences, ahead.services_count, ahead.services.size(), "service state",
           "service states");
  for (const AheadDay& day : ahead.days) {
    sentences.push_back(fmt::format("{} was charged: {}, {} {}", to_string(day.day),
                                    shown_count(day.bills, "bill", "bills"),
                                    money_text(day.amount_micros), currency));
  }
  return sentences;
}

Refusal moved_on(Sequence at, Sequence named) {
  return {"moved_on", fmt::format("The database is at ledger transaction {}, not at {}: look at it "
                                  "again, and accept what it is at.",
                                  at, named)};
}

CommandOutcome accept_older(Ledger& ledger, Sequence sequence, std::optional<Instant> as_of,
                            const std::string& request_id) {
  const std::string number = std::to_string(sequence);
  const std::array<std::string_view, 1> content{number};
  return run_command(ledger, "accept_older", as_of, request_id, content,
                     [&](LedgerTransaction& tx) -> CommandOutcome {
                       if (tx.sequence() != sequence) {
                         return tl::unexpected(moved_on(tx.sequence(), sequence));
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
