#include <utility>

#include "domain/held_sum.h"
#include "usecases/billing_jobs.h"

// How jobs go on without the accounts for which the ledger cannot hold what is due.
namespace packwarden {
namespace {

// By the ids of accounts; one of a single account is itself.
std::vector<SettlementPart> halves_of(const SettlementPart& part) {
  std::vector<SettlementPart> halves{part};
  if (part.first == part.last) return halves;
  const AccountId middle{value_of(part.first) + (value_of(part.last) - value_of(part.first)) / 2};
  halves.push_back(part);
  halves.front().last = middle;
  halves.back().first = AccountId{value_of(middle) + 1};
  return halves;
}

}  // namespace

bool BillingJobs::transact_for_others(const Run& run, AccountsAside& aside,
                                      std::optional<Instant> done_until, const AccountStep& step,
                                      const char* kind) {
  if (kind == nullptr) kind = run.lease.job.c_str();
  while (true) {
    std::vector<AccountId> accounts;
    try {
      return transact(run, kind,
                      [&](LedgerTransaction& tx) { step(tx, aside.all_others(), accounts); });
    } catch (const NotStorable&) {
      const auto in_vain = [&](const AccountFilter& filter) {
        bool kept = false;
        ledger_->transact(kind, run.as_of, [&](LedgerTransaction& tx) {
          kept = tx.jobs().keeps(run.lease, options_.lease_s);
          std::vector<AccountId> tried;
          if (kept) step(tx, filter, tried);
          return Verdict::roll_back;
        });
        return kept;
      };
      const auto found = find_unstorable(accounts, in_vain);
      if (!found) return false;
      if (found->empty()) throw;
      for (const auto& [account, why] : *found) {
        if (!aside.add(account, why, done_until)) return false;
      }
    }
  }
}

void BillingJobs::add(const AccountsAside& aside, JobReport& report) {
  report.set_aside.insert(report.set_aside.end(), aside.added().begin(), aside.added().end());
  report.taken_back.insert(report.taken_back.end(), aside.taken_back().begin(),
                           aside.taken_back().end());
}

bool BillingJobs::settle_narrowed(const Run& run, std::vector<SettlementPart> parts,
                                  AccountsAside& aside, JobReport& report) {
  while (!parts.empty()) {
    const SettlementPart part = parts.back();
    parts.pop_back();
    if (!store_->last_of_part(part, 1)) continue;  // nothing is due
    SettledPart settled;
    try {
      if (!transact(run, [&](LedgerTransaction& tx) { settled = settle_part(tx, part); })) {
        return false;
      }
    } catch (const NotStorable& error) {
      if (part.first == part.last) {
        if (!aside.add(part.first, error.what())) return false;
      } else {
        for (SettlementPart& half : halves_of(part)) parts.push_back(half);
      }
      continue;
    }
    if (!count(settled, aside, report)) return false;
  }
  return true;
}

bool BillingJobs::count(const SettledPart& settled, AccountsAside& aside, JobReport& report) {
  std::vector<AccountId> charged;
  report.bills += static_cast<std::int64_t>(settled.bills.size());
  for (const WrittenBill& bill : settled.bills) {
    report.charged_micros = held_sum(report.charged_micros, bill.amount_micros);
    charged.push_back(bill.account);
  }
  return aside.take_back(charged);
}

}  // namespace packwarden
