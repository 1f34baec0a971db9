#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "usecases/ledger_port.h"

namespace packwarden {

// Which accounts a step of a job is of.
using AccountFilter = std::function<bool(AccountId)>;

// The accounts that one run of a job leaves out, because the ledger cannot hold what is due for
// them: one of them costs only itself. Each is tried again once a day. Of one run; all members
// throw LedgerUnavailable, and those that give a bool give false where the lease is another's now.
class AccountsAside {
 public:
  // `store` and `lease` must outlive this. `now`: of the run.
  AccountsAside(JobStore& store, const JobLease& lease, Instant now);

  bool leaves_out(AccountId account) const;
  AccountFilter all_others() const;
  // By account: all, those that this run leaves out, and those that it is to try again.
  std::vector<AccountId> all() const;
  std::vector<AccountId> left_out() const;
  std::vector<SetAside> to_be_tried() const;

  // `why`: what the database said, which is thrown again as NotStorable where this run has set
  // aside a hundred others: the next run goes on. `done_until`: see SetAside.
  bool add(AccountId account, const std::string& why, std::optional<Instant> done_until = {});
  // They could be stored. Those that are not set aside do not matter.
  bool take_back(std::span<const AccountId> accounts);

  // What this run set aside and took back, in its order.
  const std::vector<SetAside>& added() const { return added_; }
  const std::vector<SetAside>& taken_back() const { return taken_back_; }

 private:
  bool is_due(const SetAside& account) const;

  JobStore* store_;
  const JobLease* lease_;
  Instant now_;
  std::map<AccountId, SetAside> accounts_;
  std::size_t new_ = 0;
  std::vector<SetAside> added_;
  std::vector<SetAside> taken_back_;
};

// Those of `accounts` (by id, each once) for which the ledger cannot hold what is done, each with
// what the database said. `work_in_vain` does the work for those that pass, changes nothing, and
// gives false where the lease is another's now; it is tried for halves of them. None where it fails
// without any of them, or only together. nullopt: the lease is another's. Throws LedgerUnavailable.
using UnstorableAccounts = std::vector<std::pair<AccountId, std::string>>;
std::optional<UnstorableAccounts> find_unstorable(
    std::span<const AccountId> accounts,
    const std::function<bool(const AccountFilter&)>& work_in_vain);

}  // namespace packwarden
