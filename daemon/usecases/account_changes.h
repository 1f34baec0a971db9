#pragma once

#include <functional>
#include <set>
#include <span>
#include <tuple>
#include <vector>

#include "billing/consequences.h"
#include "domain/business_calendar.h"
#include "domain/catalogue.h"
#include "notices/notice_rules.h"
#include "usecases/command_limits.h"
#include "usecases/ledger_port.h"

namespace packwarden {

// What commands on money and packs go by. The catalogue's ids are those of the ledger.
struct BillingContext {
  const Catalogue* catalogue = nullptr;
  const BusinessCalendar* calendar = nullptr;
  const NoticeRules* notices = nullptr;
  CommandLimits limits{};
};

// A change of some main accounts with all that it brings about, inside one ledger transaction (O8
// to O10): made before the change is written, followed up after it. Of any number of accounts: they
// are read some at a time. Owned by the transaction's work; not thread-safe.
class AccountChanges {
 public:
  // Writes what the passing of time did to these accounts until `now`. Where the change had to be
  // written already, `before` makes each account what it was before it.
  using Before = std::function<void(AccountStanding&)>;
  AccountChanges(LedgerTransaction& transaction, const BillingContext& context,
                 std::vector<AccountId> accounts, Instant now, const Before& before = {});

  // After the change was written: what it brings about. `also` may add steps of postpaid and
  // notices of its own, before; it gets each account as it stands now and keeps it true.
  using Also = std::function<void(AccountStanding&, Consequences&)>;
  void follow(const Also& also = {});

 private:
  void for_each_standing(const std::function<Consequences(AccountStanding&)>& decide);
  bool is_news(const Notice& notice);
  void tell(std::span<const AccountStanding> standings, std::span<const Notice> notices);

  LedgerTransaction* transaction_;
  BillingContext context_;
  std::vector<AccountId> accounts_;
  Instant now_;
  std::set<std::tuple<AccountId, ProductId, NoticeKind>> told_;
};

// A notice with its deliveries, from the account as it stands. `reason`: of a rejected refund.
NoticeWrite write_of(const BillingContext& context, const AccountStanding& standing,
                     const Contacts& contacts, const Notice& notice, Instant now,
                     std::string_view reason = {});

}  // namespace packwarden
