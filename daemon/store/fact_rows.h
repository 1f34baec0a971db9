#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/session.h"
#include "usecases/ledger_port.h"

// Rows of what is known of accounts. `condition` is SQL over the columns of the table.
namespace packwarden {

// By account.
std::vector<AccountFact> read_facts(Session& session, std::string_view condition);
void for_each_fact(Session& session, std::string_view condition,
                   const std::function<void(AccountFact)>& take);
std::vector<AccountFact> read_facts(Session& session, std::span<const AccountId> accounts);
void write_facts(Session& session, Sequence sequence, std::span<const AccountFact> facts);

// By account and kind.
std::vector<AccountDetail> read_details(Session& session, std::string_view condition);
// How accounts, given by id and each once, are reached.
std::vector<Contacts> read_contacts(Session& session, std::span<const AccountId> accounts);
void write_details(Session& session, Sequence sequence, std::span<const AccountDetail> details);

// Calls `visit` with the ids as an SQL list in brackets, some at a time.
void for_each_list(std::span<const AccountId> accounts,
                   const std::function<void(const std::string& list)>& visit);

}  // namespace packwarden
