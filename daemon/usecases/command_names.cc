#include "usecases/command_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <unordered_set>
#include <utility>

namespace packwarden {
namespace {

// A piece must see a name that was given before in another piece.
std::vector<bool> given_before(std::span<const std::string> names) {
  std::unordered_set<std::string_view> seen;
  std::vector<bool> before;
  before.reserve(names.size());
  for (const std::string& name : names) before.push_back(!seen.insert(name).second);
  return before;
}

class Pieces {
 public:
  Pieces(std::span<const std::string> names, const NamesWork& work)
      : names_(names), before_(given_before(names)), work_(&work) {}

  CommandOutcome run(LedgerTransaction& transaction, std::size_t first, std::size_t count) const {
    NameRefusals refusals(true);
    std::vector<std::string> some;
    for (std::size_t i = first; i < std::min(first + count, names_.size()); ++i) {
      if (before_[i]) {
        (void)refusals.add(names_[i], {"named_twice", fmt::format("'{}' is named twice. It counts "
                                                                  "once.",
                                                                  names_[i])});
      } else {
        some.push_back(names_[i]);
      }
    }
    CommandOutcome outcome = some.empty() ? CommandDone{} : (*work_)(transaction, some, refusals);
    if (!outcome) return outcome;
    outcome->names_a_piece = static_cast<std::uint32_t>(count);
    outcome->refused = refusals.take();
    return outcome;
  }

 private:
  std::span<const std::string> names_;
  std::vector<bool> before_;
  const NamesWork* work_;
};

void add_up(CommandDone& all, CommandDone piece) {
  all.count += piece.count;
  all.repeated = all.repeated && piece.repeated;
  std::move(piece.refused.begin(), piece.refused.end(), std::back_inserter(all.refused));
}

}  // namespace

tl::expected<void, Refusal> NameRefusals::add(const std::string& name, Refusal why) {
  if (!others_stand_) return tl::unexpected<Refusal>(std::move(why));
  listed_.push_back({name, std::move(why)});
  return {};
}

CommandOutcome run_names_command(Ledger& ledger, const NamesCommand& command,
                                 const CommandLimits& limits, const std::string& request_id,
                                 const NamesWork& work) {
  std::vector<std::string_view> content = command.content;
  content.insert(content.end(), command.names.begin(), command.names.end());
  const auto key = command_key(command.kind, command.as_of, request_id, content);
  if (!key) return tl::unexpected<Refusal>(key.error());
  const std::span<const std::string> names = command.names;
  const bool at_once = command.is_paid || names.size() <= limits.names_at_once;
  const Pieces pieces(at_once ? std::span<const std::string>{} : names, work);

  CommandOutcome all = run_piece(ledger, *key, 0, [&](LedgerTransaction& tx) -> CommandOutcome {
    if (!at_once) return pieces.run(tx, 0, limits.names_at_once);
    if (command.is_paid && names.size() > limits.paid_names_max) {
      return refuse("too_many_names",
                    fmt::format("{} names are given, and a payment from outside covers at most {}, "
                                "since all of them are done in one transaction. Split the order "
                                "and its payment.",
                                names.size(), limits.paid_names_max));
    }
    NameRefusals refusals(false);
    return work(tx, names, refusals);
  });
  // How an earlier run cut it counts, whatever the limit is now.
  if (!all || all->names_a_piece == 0) return all;
  const std::size_t size = all->names_a_piece;
  const Pieces rest(names, work);
  std::uint32_t piece = 0;
  for (std::size_t first = size; first < names.size(); first += size) {
    auto done = run_piece(ledger, *key, ++piece,
                          [&](LedgerTransaction& tx) { return rest.run(tx, first, size); });
    if (!done) return done;
    add_up(*all, std::move(*done));
  }
  return all;
}

}  // namespace packwarden
