#include "usecases/named_accounts.h"

#include <fmt/format.h>

#include <unordered_set>

#include "usecases/command_run.h"
#include "usecases/money_commands.h"

namespace packwarden {

tl::expected<std::vector<Account>, Refusal> named_accounts(LedgerTransaction& transaction,
                                                           std::span<const std::string> names,
                                                           NameRefusals& refusals) {
  if (names.empty()) {
    return refuse("nothing_to_do", "No account is given. Name at least one.");
  }
  std::unordered_set<std::string_view> seen;
  std::vector<Account> accounts;
  accounts.reserve(names.size());
  const auto found = transaction.find_accounts(names);
  for (std::size_t i = 0; i < names.size(); ++i) {
    tl::expected<void, Refusal> listed;
    if (!seen.insert(names[i]).second) {
      listed = refusals.add(
          names[i], {"named_twice",
                     fmt::format("Account '{}' is named twice. Name it once; to do it twice, run "
                                 "the command twice.",
                                 names[i])});
    } else if (!found[i]) {
      listed = refusals.add(
          names[i], {"unknown_account",
                     fmt::format("There is no account '{}'. Add it first, or look at packctl "
                                 "account list.",
                                 names[i])});
    } else {
      accounts.push_back(*found[i]);
    }
    if (!listed) return tl::unexpected<Refusal>(listed.error());
  }
  return accounts;
}

tl::expected<std::vector<Account>, Refusal> main_accounts(LedgerTransaction& transaction,
                                                          std::span<const std::string> names,
                                                          NameRefusals& refusals) {
  const auto accounts = named_accounts(transaction, names, refusals);
  if (!accounts) return accounts;
  std::vector<Account> mains;
  for (const Account& account : *accounts) {
    if (account.is_main()) {
      mains.push_back(account);
      continue;
    }
    const auto listed = refusals.add(
        account.name,
        {"sub_account", fmt::format("'{}' is a sub-account, and identity and money belong to main "
                                    "accounts. Name its main account.",
                                    account.name)});
    if (!listed) return tl::unexpected<Refusal>(listed.error());
  }
  return mains;
}

tl::expected<std::vector<Account>, Refusal> main_accounts(LedgerTransaction& transaction,
                                                          std::span<const std::string> names) {
  NameRefusals all_or_none(false);
  return main_accounts(transaction, names, all_or_none);
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
