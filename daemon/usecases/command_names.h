#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "usecases/command_limits.h"
#include "usecases/command_run.h"

namespace packwarden {

// Where the refusal of one name goes: it is that of the whole command, or it is listed and the
// others stand (P9). Lives as long as the work of one transaction.
class NameRefusals {
 public:
  explicit NameRefusals(bool others_stand) : others_stand_(others_stand) {}

  // The error: nothing of the command is done. Else go on with the other names.
  tl::expected<void, Refusal> add(const std::string& name, Refusal why);
  std::vector<RefusedName> take() { return std::move(listed_); }

 private:
  bool others_stand_;
  std::vector<RefusedName> listed_;
};

// A command that does the same for each of its names.
struct NamesCommand {
  const char* kind = "";                  // as of run_command
  std::vector<std::string_view> content;  // without the names
  std::span<const std::string> names;
  std::optional<Instant> as_of{};  // see Ledger::transact
  bool is_paid = false;            // P6: by a payment from outside
};
// Does it for some of the names.
using NamesWork =
    std::function<CommandOutcome(LedgerTransaction&, std::span<const std::string>, NameRefusals&)>;

// P9: all of it in one ledger transaction, all or nothing, up to the limit. Above it in pieces, so
// that nobody waits long for the ledger: names that are refused are listed, the others stand, and
// the list is the stored result. A repeat goes on where an earlier run was broken off, with pieces
// as that one cut them, and then gives the result of all. A refusal of the whole (not of a name)
// ends it; pieces that were done before stand. Refusals besides those of `work`: bad_request_id,
// request_conflict, too_many_names.
CommandOutcome run_names_command(Ledger& ledger, const NamesCommand& command,
                                 const CommandLimits& limits, const std::string& request_id,
                                 const NamesWork& work);

}  // namespace packwarden
