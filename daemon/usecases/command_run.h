#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "domain/refusal.h"
#include "usecases/ledger_port.h"

namespace packwarden {

// A name that was refused where the others of its command stand (P9).
struct RefusedName {
  std::string name;
  Refusal why;
};

// What a command added: ids are dense, so it is [first_id, first_id + count).
// The other figures are what its answer shows: they are stored with it, so that a repeat shows the
// same (P9).
struct CommandDone {
  std::uint32_t count = 0;
  std::uint32_t first_id = 0;
  bool repeated = false;  // an earlier run of the same request had done it
  // Right after it; none where the command shows none, or was done before figures were stored.
  std::optional<MoneyMicros> balance_micros{};
  // Of a command that is done in pieces: how many names a piece has. Ids are dense in each piece
  // alone then, and first_id is that of the first one.
  std::uint32_t names_a_piece = 0;
  std::vector<RefusedName> refused{};  // of such a command, piece by piece
};
using CommandOutcome = tl::expected<CommandDone, Refusal>;

// 128 random bits as text, for a request that was given no id.
std::string new_request_id();

// P9: runs `work` in one ledger transaction, all or nothing. The same request id (1 to 128 bytes of
// printable ASCII) with the same `kind` and `content` gives the stored result again; with others it
// is refused (request_conflict). A refusal of `work` changes nothing and is not stored. `kind` has
// at most 16 bytes; `as_of`: see Ledger::transact. `work` runs again where Ledger::transact does.
// Throws LedgerUnavailable.
CommandOutcome run_command(Ledger& ledger, const char* kind, std::optional<Instant> as_of,
                           const std::string& request_id, std::span<const std::string_view> content,
                           const std::function<CommandOutcome(LedgerTransaction&)>& work);

// A piece of a command, in one ledger transaction; `key` is what the command as a whole is known
// by. run_command is a command of one piece, the first.
struct CommandKey {
  const char* kind = "";
  std::string request_id;
  Digest content{};
  std::optional<Instant> as_of{};  // see Ledger::transact
};
CommandOutcome run_piece(Ledger& ledger, const CommandKey& key, std::uint32_t piece,
                         const std::function<CommandOutcome(LedgerTransaction&)>& work);
// Refusal: bad_request_id.
tl::expected<CommandKey, Refusal> command_key(const char* kind, std::optional<Instant> as_of,
                                              const std::string& request_id,
                                              std::span<const std::string_view> content);

// As an error of a CommandOutcome.
tl::unexpected<Refusal> refuse(std::string code, std::string message);

}  // namespace packwarden
