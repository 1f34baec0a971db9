#include "usecases/accounts_aside.h"

#include <algorithm>

namespace packwarden {
namespace {

constexpr Span tried_again_after = Span::days(1);
// New ones, of one run. Where it is nearly all, it is not the accounts.
constexpr std::size_t added_max = 100;

}  // namespace

AccountsAside::AccountsAside(JobStore& store, const JobLease& lease, Instant now)
    : store_(&store), lease_(&lease), now_(now) {
  for (SetAside& one : store.accounts_set_aside(lease.job)) {
    accounts_.emplace(one.account, std::move(one));
  }
}

// Also where the clock went back meanwhile.
bool AccountsAside::is_due(const SetAside& account) const {
  return now_ >= account.tried_at + tried_again_after || now_ < account.tried_at;
}

bool AccountsAside::leaves_out(AccountId account) const {
  const auto found = accounts_.find(account);
  return found != accounts_.end() && !is_due(found->second);
}

AccountFilter AccountsAside::all_others() const {
  return [this](AccountId account) { return !leaves_out(account); };
}

std::vector<AccountId> AccountsAside::all() const {
  std::vector<AccountId> accounts;
  for (const auto& [account, one] : accounts_) accounts.push_back(account);
  return accounts;
}

std::vector<AccountId> AccountsAside::left_out() const {
  std::vector<AccountId> accounts;
  for (const auto& [account, one] : accounts_) {
    if (!is_due(one)) accounts.push_back(account);
  }
  return accounts;
}

std::vector<SetAside> AccountsAside::to_be_tried() const {
  std::vector<SetAside> accounts;
  for (const auto& [account, one] : accounts_) {
    if (is_due(one)) accounts.push_back(one);
  }
  return accounts;
}

bool AccountsAside::add(AccountId account, const std::string& why,
                        std::optional<Instant> done_until) {
  SetAside one;
  one.job = lease_->job;
  one.account = account;
  one.reason = why;
  one.since = one.tried_at = now_;
  one.done_until = done_until;
  const bool is_new = !accounts_.contains(account);
  if (is_new && new_ == added_max) throw NotStorable(why);
  if (!store_->set_aside(*lease_, one)) return false;
  new_ += is_new ? 1 : 0;
  accounts_.clear();
  for (SetAside& stored : store_->accounts_set_aside(lease_->job)) {
    if (stored.account == account) added_.push_back(stored);
    accounts_.emplace(stored.account, std::move(stored));
  }
  return true;
}

bool AccountsAside::take_back(std::span<const AccountId> accounts) {
  std::vector<AccountId> aside;
  for (const AccountId account : accounts) {
    if (accounts_.contains(account)) aside.push_back(account);
  }
  if (aside.empty()) return true;
  if (!store_->take_back(*lease_, aside)) return false;
  for (const AccountId account : aside) {
    const auto found = accounts_.find(account);
    if (found == accounts_.end()) continue;  // was given twice
    taken_back_.push_back(std::move(found->second));
    accounts_.erase(found);
  }
  return true;
}

std::optional<UnstorableAccounts> find_unstorable(
    std::span<const AccountId> accounts,
    const std::function<bool(const AccountFilter&)>& work_in_vain) {
  UnstorableAccounts found;
  try {
    if (!work_in_vain([](AccountId) { return false; })) return std::nullopt;
  } catch (const NotStorable&) {
    return found;  // it is of none of them
  }
  std::vector<std::span<const AccountId>> open{accounts};
  while (!open.empty()) {
    const std::span<const AccountId> some = open.back();
    open.pop_back();
    if (some.empty()) continue;
    try {
      const bool kept = work_in_vain([some](AccountId account) {
        return std::binary_search(some.begin(), some.end(), account);
      });
      if (!kept) return std::nullopt;
    } catch (const NotStorable& error) {
      if (some.size() == 1) {
        found.emplace_back(some.front(), error.what());
        continue;
      }
      open.push_back(some.subspan(some.size() / 2));
      open.push_back(some.first(some.size() / 2));
    }
  }
  return found;
}

}  // namespace packwarden
