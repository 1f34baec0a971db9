#include "usecases/account_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_set>
#include <utility>
#include <vector>

#include "domain/account_name.h"
#include "usecases/named_accounts.h"

namespace packwarden {
namespace {

// What is wrong with a name that is to be added.
std::optional<Refusal> fault_of_new(const std::string& name, bool is_again,
                                    const std::optional<Account>& taken) {
  if (const auto fault = fault_of_account_name(name)) {
    return Refusal{"bad_name", fmt::format("The name '{}' {}. Choose another one.", name, *fault)};
  }
  if (is_again) {
    return Refusal{"name_taken", fmt::format("'{}' is named twice. Name it once.", name)};
  }
  if (!taken) return std::nullopt;
  return Refusal{"name_taken",
                 fmt::format("There is {} '{}' already. Choose another name.",
                             taken->is_main() ? "an account" : "a sub-account", name)};
}

CommandOutcome add(LedgerTransaction& transaction, std::span<const std::string> names,
                   NameRefusals& refusals, AccountId parent, const std::string& language) {
  if (names.empty()) return refuse("nothing_to_do", "No name is given. Name at least one account.");
  std::unordered_set<std::string_view> seen;
  const auto found = transaction.find_accounts(names);
  CommandDone done;
  done.first_id = value_of(transaction.last_account()) + 1;
  std::vector<Account> accounts;
  accounts.reserve(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (auto fault = fault_of_new(names[i], !seen.insert(names[i]).second, found[i])) {
      const auto listed = refusals.add(names[i], std::move(*fault));
      if (!listed) return tl::unexpected<Refusal>(listed.error());
      continue;
    }
    const auto id = static_cast<std::uint32_t>(done.first_id + accounts.size());
    accounts.push_back({AccountId{id}, parent, names[i]});
  }
  transaction.add_accounts(accounts, language);
  done.count = static_cast<std::uint32_t>(accounts.size());
  return done;
}

std::string_view words_for(AccountFactKind kind) {
  switch (kind) {
    case AccountFactKind::identity_verified:
      return "verified";
    case AccountFactKind::client_integrated:
      return "integrated with its client";
    case AccountFactKind::server_integrated:
      return "integrated with its server";
    case AccountFactKind::closed:
      break;
  }
  return "closed";
}

// As text, in its one form; the first word that is no choice, where there is one.
std::string changed(MutedNotices muted, const MuteChange& choices) {
  for (const std::string& word : choices.mute) {
    const auto more = MutedNotices::parse(word);
    if (!more || word.empty()) return word.empty() ? "''" : word;
    muted.add(*more);
  }
  for (const std::string& word : choices.unmute) {
    const auto others = MutedNotices::parse(word);
    if (!others || word.empty()) return word.empty() ? "''" : word;
    muted.remove(*others);
  }
  return muted.to_string();
}

}  // namespace

CommandOutcome add_accounts(Ledger& ledger, std::span<const std::string> names,
                            const std::string& language, std::optional<Instant> as_of,
                            const std::string& request_id, const CommandLimits& limits) {
  return run_names_command(
      ledger, {"account_add", {language}, names, as_of}, limits, request_id,
      [&](LedgerTransaction& transaction, std::span<const std::string> some,
          NameRefusals& refusals) -> CommandOutcome {
        if (const auto fault = fault_of({{}, AccountDetailKind::language, language})) {
          return refuse("bad_language", *fault);
        }
        return add(transaction, some, refusals, AccountId{}, language);
      });
}

CommandOutcome add_sub_accounts(Ledger& ledger, const std::string& main_account,
                                std::span<const std::string> names, std::optional<Instant> as_of,
                                const std::string& request_id, const CommandLimits& limits) {
  return run_names_command(
      ledger, {"account_add_sub", {main_account}, names, as_of}, limits, request_id,
      [&](LedgerTransaction& transaction, std::span<const std::string> some,
          NameRefusals& refusals) -> CommandOutcome {
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
        if (parent->closed_at) {
          return refuse("closed_account", fmt::format("Account '{}' is closed, and gets no "
                                                      "sub-accounts any more. Name an account that "
                                                      "is open.",
                                                      main_account));
        }
        const auto contacts = transaction.contacts_of(std::span(&parent->id, 1));
        return add(transaction, some, refusals, parent->id, contacts.front().language);
      });
}

CommandOutcome learn(Ledger& ledger, const BillingContext& context,
                     std::span<const std::string> names, std::span<const AccountFactKind> kinds,
                     std::optional<Instant> as_of, const std::string& request_id) {
  std::vector<std::string_view> content;
  for (const AccountFactKind kind : kinds) content.push_back(name_of(kind));
  return run_names_command(
      ledger, {"account_fact", std::move(content), names, as_of}, context.limits, request_id,
      [&](LedgerTransaction& transaction, std::span<const std::string> some,
          NameRefusals& refusals) -> CommandOutcome {
        const auto accounts = main_accounts(transaction, some, refusals);
        if (!accounts) return tl::unexpected<Refusal>(accounts.error());
        std::set<std::pair<AccountId, AccountFactKind>> known;
        for (const AccountFact& fact : transaction.facts_of(ids_of(*accounts))) {
          known.emplace(fact.account, fact.kind);
        }
        std::vector<AccountFact> facts;
        std::vector<AccountId> ids;
        for (const Account& account : *accounts) {
          const auto before = std::find_if(kinds.begin(), kinds.end(), [&](AccountFactKind kind) {
            return known.contains({account.id, kind});
          });
          if (before != kinds.end()) {
            const auto listed = refusals.add(
                account.name,
                {"known_before", fmt::format("The account '{}' is {} already; leave it out.",
                                             account.name, words_for(*before))});
            if (!listed) return tl::unexpected<Refusal>(listed.error());
            continue;
          }
          ids.push_back(account.id);
          for (const AccountFactKind kind : kinds) {
            facts.push_back({account.id, kind, transaction.now()});
          }
        }
        AccountChanges changes(transaction, context, ids, transaction.now());
        transaction.add_facts(facts);
        changes.follow();
        return CommandDone{static_cast<std::uint32_t>(ids.size()), 0, false};
      });
}

CommandOutcome set_details(Ledger& ledger, const std::string& name,
                           std::span<const AccountDetail> details, const MuteChange& choices,
                           std::optional<Instant> as_of, const std::string& request_id) {
  std::vector<std::string_view> content{name};
  for (const AccountDetail& detail : details) {
    content.push_back(name_of(detail.kind));
    content.push_back(detail.value);
  }
  for (const std::string& word : choices.mute) content.insert(content.end(), {"mute", word});
  for (const std::string& word : choices.unmute) content.insert(content.end(), {"unmute", word});
  return run_command(
      ledger, "account_set", as_of, request_id, content,
      [&](LedgerTransaction& transaction) -> CommandOutcome {
        const auto accounts = main_accounts(transaction, std::span(&name, 1));
        if (!accounts) return tl::unexpected<Refusal>(accounts.error());
        const AccountId account = accounts->front().id;
        if (details.empty() && choices.empty()) {
          return refuse("nothing_to_do",
                        "Nothing is given to set. Give a language, an e-mail address, a phone "
                        "number, a webhook or choices of notices.");
        }
        std::vector<AccountDetail> checked(details.begin(), details.end());
        if (!choices.empty()) {
          const Contacts contacts = transaction.contacts_of(std::span(&account, 1)).front();
          checked.push_back({account, AccountDetailKind::muted, changed(contacts.muted, choices)});
        }
        for (AccountDetail& detail : checked) {
          if (const auto fault = fault_of(detail)) {
            return refuse(fmt::format("bad_{}", name_of(detail.kind)), *fault);
          }
          detail.account = account;
        }
        transaction.set_details(checked);
        return CommandDone{1, 0, false};
      });
}

}  // namespace packwarden
