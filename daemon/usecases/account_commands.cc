#include "usecases/account_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <vector>

#include "domain/account_name.h"
#include "usecases/named_accounts.h"

namespace packwarden {
namespace {

CommandOutcome add(LedgerTransaction& transaction, std::span<const std::string> names,
                   AccountId parent, const std::string& language) {
  if (names.empty()) return refuse("nothing_to_do", "No name is given. Name at least one account.");
  std::unordered_set<std::string_view> seen;
  const auto found = transaction.find_accounts(names);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string& name = names[i];
    if (const auto fault = fault_of_account_name(name)) {
      return refuse("bad_name", fmt::format("The name '{}' {}. Choose another one.", name, *fault));
    }
    if (!seen.insert(name).second) {
      return refuse("name_taken", fmt::format("'{}' is named twice. Name it once.", name));
    }
    if (const auto& taken = found[i]) {
      return refuse(
          "name_taken",
          fmt::format("There is {} '{}' already. Choose another name.",
                      taken->parent == AccountId{} ? "an account" : "a sub-account", name));
    }
  }
  CommandDone done;
  done.count = static_cast<std::uint32_t>(names.size());
  done.first_id = value_of(transaction.last_account()) + 1;
  std::vector<Account> accounts;
  accounts.reserve(names.size());
  for (const std::string& name : names) {
    const auto id = static_cast<std::uint32_t>(done.first_id + accounts.size());
    accounts.push_back({AccountId{id}, parent, name, language});
  }
  transaction.add_accounts(accounts);
  return done;
}

}  // namespace

CommandOutcome add_accounts(Ledger& ledger, std::span<const std::string> names,
                            const std::string& language, const std::string& request_id) {
  std::vector<std::string_view> content{language};
  content.insert(content.end(), names.begin(), names.end());
  return run_command(ledger, "account_add", request_id, content,
                     [&](LedgerTransaction& transaction) -> CommandOutcome {
                       if (language != "zh-CN" && language != "en") {
                         return refuse("bad_language",
                                       fmt::format("There are no texts in the language '{}'. "
                                                   "Choose zh-CN or en.",
                                                   language));
                       }
                       return add(transaction, names, AccountId{}, language);
                     });
}

CommandOutcome add_sub_accounts(Ledger& ledger, const std::string& main_account,
                                std::span<const std::string> names, const std::string& request_id) {
  std::vector<std::string_view> content{main_account};
  content.insert(content.end(), names.begin(), names.end());
  return run_command(
      ledger, "account_add_sub", request_id, content,
      [&](LedgerTransaction& transaction) -> CommandOutcome {
        const auto parent = transaction.find_account(main_account);
        if (!parent) {
          return refuse("unknown_account",
                        fmt::format("There is no account '{}'. Add it first, or look at packctl "
                                    "account list.",
                                    main_account));
        }
        if (parent->parent != AccountId{}) {
          return refuse("sub_account", fmt::format("'{}' is a sub-account, which has none itself. "
                                                   "Name its main account.",
                                                   main_account));
        }
        return add(transaction, names, parent->id, parent->language);
      });
}

CommandOutcome verify_identities(Ledger& ledger, std::span<const std::string> names, Instant now,
                                 const std::string& request_id) {
  const std::vector<std::string_view> content(names.begin(), names.end());
  return run_command(
      ledger, "account_verify", request_id, content,
      [&](LedgerTransaction& transaction) -> CommandOutcome {
        const auto accounts = main_accounts(transaction, names);
        if (!accounts) return tl::unexpected<Refusal>(accounts.error());
        std::vector<AccountId> ids;
        std::vector<AccountFact> facts;
        for (const Account& account : *accounts) {
          ids.push_back(account.id);
          facts.push_back({account.id, AccountFactKind::identity_verified, now});
        }
        for (const AccountFact& known : transaction.facts_of(ids)) {
          const auto account = std::find_if(accounts->begin(), accounts->end(),
                                            [&](const auto& a) { return a.id == known.account; });
          return refuse("verified_before",
                        fmt::format("The identity of '{}' is verified already; leave it out.",
                                    account->name));
        }
        transaction.add_facts(facts);
        return CommandDone{static_cast<std::uint32_t>(facts.size()), 0, false};
      });
}

}  // namespace packwarden
