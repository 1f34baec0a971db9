#pragma once

#include <span>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "domain/catalogue.h"
#include "domain/refusal.h"
#include "usecases/command_names.h"
#include "usecases/ledger_port.h"

// What commands on accounts have in common, inside a ledger transaction.
namespace packwarden {

// The accounts of these names, in their order, without those that are refused where the others
// stand. Refusals: nothing_to_do; of a name named_twice, unknown_account.
tl::expected<std::vector<Account>, Refusal> named_accounts(LedgerTransaction& transaction,
                                                           std::span<const std::string> names,
                                                           NameRefusals& refusals);

// The same, and a sub-account is refused (sub_account).
tl::expected<std::vector<Account>, Refusal> main_accounts(LedgerTransaction& transaction,
                                                          std::span<const std::string> names,
                                                          NameRefusals& refusals);
// All of them, or a refusal.
tl::expected<std::vector<Account>, Refusal> main_accounts(LedgerTransaction& transaction,
                                                          std::span<const std::string> names);

std::vector<AccountId> ids_of(std::span<const Account> accounts);

// Refusal for a product that the catalogue does not have.
tl::unexpected<Refusal> unknown_product(const Catalogue& catalogue, const std::string& name);

// P6: the reference of a payment from outside works once. Refusals: bad_reference, reference_used.
tl::expected<void, Refusal> take_payment(LedgerTransaction& transaction,
                                         const std::string& reference);

}  // namespace packwarden
