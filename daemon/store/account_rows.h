#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/session.h"
#include "usecases/ledger_port.h"

namespace packwarden {

// Rows of accounts, packs and commands. `condition` is SQL over the columns of the table; results
// are in order of id.
std::vector<Account> read_accounts(Session& session, std::string_view condition);
// By name, in the order of `names`.
std::vector<std::optional<Account>> read_accounts_named(Session& session,
                                                        std::span<const std::string> names);
void write_accounts(Session& session, Sequence sequence, std::span<const Account> accounts,
                    const std::string& language);

std::vector<Pack> read_packs(Session& session, std::string_view condition);
void for_each_pack(Session& session, std::string_view condition,
                   const std::function<void(Pack)>& take);
// With what is used of them and how their refunds stand.
std::vector<HeldPack> read_held_packs(Session& session, const std::string& condition);
// Of each pack in order.
std::vector<RefundStepTaken> read_refund_steps(Session& session, std::string_view condition);
// Returns its number.
std::uint32_t write_refund_step(Session& session, Sequence sequence, const RefundStepTaken& step);
void write_packs(Session& session, Sequence sequence, std::span<const Pack> packs);

// Of the accounts, in any order; by account, then id.
std::vector<HeldPack> read_packs_of(Session& session, std::span<const AccountId> accounts,
                                    ProductId product);

// A piece of a command; 0 is the first (P9).
std::optional<StoredCommand> read_command(Session& session, const std::string& request_id,
                                          std::uint32_t piece);
void write_command(Session& session, Sequence sequence, const std::string& request_id,
                   std::uint32_t piece, const StoredCommand& command);

}  // namespace packwarden
