#include "usecases/named_accounts.h"

#include <fmt/format.h>

#include <unordered_set>

#include "usecases/command_run.h"
#include "usecases/money_commands.h"

namespace packwarden {

tl::expected<std::vector<Account>, Refusal> named_accounts(LedgerTransaction& transaction,
                                                           std::span<const std::string> names) {
  if (names.empty()) {
    return refuse("nothing_to_do", "No account is given. Name at least one.");
  }
  std::unordered_set<std::string_view> seen;
  std::vector<Account> accounts;
  accounts.reserve(names.size());
  const auto found = transaction.find_accounts(names);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!seen.insert(names[i]).second) {
      return refuse("named_twice",
                    fmt::format("Account '{}' is named twice. Name it once; to do it twice, run "
                                "the command twice.",
                                names[i]));
    }
    if (!found[i]) {
      return refuse("unknown_account",
                    fmt::format("There is no account '{}'. Add it first, or look at packctl "
                                "account list.",
                                names[i]));
    }
    accounts.push_back(*found[i]);
  }
  return accounts;
}

tl::expected<std::vector<Account>, Refusal> main_accounts(LedgerTransaction& transaction,
                                                          std::span<const std::string> names) {
  auto accounts = named_accounts(transaction, names);
  if (!accounts) return accounts;
  for (const Account& account : *accounts) {
    if (account.parent == AccountId{}) continue;
    return refuse("sub_account", fmt::format("'{}' is a sub-account, and identity and money belong "
                                             "to main accounts. Name its main account.",
                                             account.name));
  }
  return accounts;
}

std::vector<AccountId> ids_of(std::span<const Account> accounts) {
  std::vector<AccountId> ids;
  ids.reserve(accounts.size());
  for (const Account& account : accounts) ids.push_back(account.id);
  return ids;
}

tl::unexpected<Refusal> unknown_product(const Catalogue& catalogue, const std::string& name) {
  std::string known;
  for (const Product& product : catalogue.products) {
    known.append(known.empty() ? "" : ", ").append(product.name);
  }
  return refuse("unknown_product",
                fmt::format("There is no product '{}'. Choose one of: {}.", name, known));
}

tl::expected<void, Refusal> take_payment(LedgerTransaction& transaction,
                                         const std::string& reference) {
  if (!is_reference(reference)) {
    return refuse("bad_reference",
                  "A payment needs a reference of 1 to 128 bytes of text, by which it is known "
                  "outside. Give such a one.");
  }
  if (transaction.has_payment(reference)) {
    return refuse("reference_used",
                  fmt::format("The payment '{}' is booked already, and a payment works once. Give "
                              "the reference of another one, or look at packctl money journal.",
                              reference));
  }
  transaction.add_payment(reference);
  return {};
}

}  // namespace packwarden
