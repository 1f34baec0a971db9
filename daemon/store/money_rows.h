#pragma once

#include <span>
#include <string>
#include <vector>

#include "store/session.h"
#include "usecases/ledger_port.h"
#include "usecases/report_port.h"

// Rows of the money of accounts (docs/BILLING.md).
namespace packwarden {

// In the order of `accounts`; 0 where none was ever booked.
std::vector<MoneyMicros> read_balances(Session& session, std::span<const AccountId> accounts);
// As transaction `sequence`, which has written `first_no` journals before; balances change with
// them.
void write_journals(Session& session, Sequence sequence, std::uint32_t first_no,
                    std::span<const Journal> journals);

bool has_payment(Session& session, const std::string& reference);
void write_payment(Session& session, Sequence sequence, const std::string& reference);

std::vector<BalanceRow> read_balance_rows(Session& session, std::optional<AccountId> account);
std::vector<JournalRow> read_journal_rows(Session& session, AccountId account, std::uint32_t limit);

}  // namespace packwarden
