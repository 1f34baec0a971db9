#include "usecases/account_changes.h"

#include <algorithm>
#include <utility>

#include "billing/price_beginnings.h"
#include "domain/money.h"
#include "usecases/notice_writing.h"

namespace packwarden {
namespace {

constexpr std::size_t accounts_at_a_time = 5'000;

const HeldPack* find_pack(const AccountStanding& standing, const Notice& notice) {
  for (const ProductStanding& product : standing.products) {
    if (product.product != notice.product) continue;
    for (const HeldPack& held : product.packs) {
      if (held.pack.id == notice.pack) return &held;
    }
  }
  return nullptr;
}

// The day on which postpaid of the notice's product will begin to act; empty where it does already.
std::string price_to_come(const BillingContext& context, const AccountStanding& standing,
                          const Notice& notice, Instant now) {
  for (const ProductStanding& product : standing.products) {
    if (product.product != notice.product || !product.priced_from) continue;
    if (*product.priced_from > now)
      return to_string(context.calendar->day_of(*product.priced_from));
  }
  return {};
}

}  // namespace

AccountChanges::AccountChanges(LedgerTransaction& transaction, const BillingContext& context,
                               std::vector<AccountId> accounts, Instant now, const Before& before)
    : transaction_(&transaction), context_(context), accounts_(std::move(accounts)), now_(now) {
  for_each_standing([&](AccountStanding& standing) {
    if (before) before(standing);
    return let_time_pass(standing, now_);
  });
}

void AccountChanges::follow(const Also& also) {
  for_each_standing([&](AccountStanding& standing) {
    Consequences out;
    if (also) also(standing, out);
    Consequences followed = follow_change(standing, now_);
    std::move(followed.postpaid.begin(), followed.postpaid.end(), std::back_inserter(out.postpaid));
    std::move(followed.services.begin(), followed.services.end(), std::back_inserter(out.services));
    std::move(followed.notices.begin(), followed.notices.end(), std::back_inserter(out.notices));
    return out;
  });
}

void AccountChanges::for_each_standing(
    const std::function<Consequences(AccountStanding&)>& decide) {
  std::span<const AccountId> rest = accounts_;
  while (!rest.empty()) {
    const auto some = rest.first(std::min(rest.size(), accounts_at_a_time));
    rest = rest.subspan(some.size());
    std::vector<PostpaidChange> postpaid;
    std::vector<ServiceChange> services;
    std::vector<Notice> notices;
    std::vector<AccountStanding> standings = transaction_->standings_of(some);
    for (AccountStanding& standing : standings) {
      set_priced_from(standing, *context_.catalogue, *context_.calendar);
      const Consequences of_account = decide(standing);
      postpaid.insert(postpaid.end(), of_account.postpaid.begin(), of_account.postpaid.end());
      services.insert(services.end(), of_account.services.begin(), of_account.services.end());
      for (const Notice& notice : of_account.notices) {
        if (!context_.notices->policy.is_off(notice.kind) && is_news(notice)) {
          notices.push_back(notice);
        }
      }
    }
    transaction_->add_postpaid_changes(postpaid);
    transaction_->add_service_changes(services);
    tell(standings, notices);
  }
}

// Of several of a kind that is told once per ledger transaction the first is told: time may have
// passed over an expiry and a price, and the change itself may stop the service once more.
bool AccountChanges::is_news(const Notice& notice) {
  return !is_told_per_transaction(notice.kind) ||
         told_.emplace(notice.account, notice.product, notice.kind).second;
}

// Both by account.
void AccountChanges::tell(std::span<const AccountStanding> standings,
                          std::span<const Notice> notices) {
  if (notices.empty()) return;
  std::vector<AccountId> accounts;
  for (const Notice& notice : notices) {
    if (accounts.empty() || accounts.back() != notice.account) accounts.push_back(notice.account);
  }
  const std::vector<Contacts> contacts = transaction_->contacts_of(accounts);
  std::vector<NoticeWrite> writes;
  writes.reserve(std::min(notices.size(), notices_at_a_time));
  auto standing = standings.begin();
  auto contact = contacts.begin();
  for (const Notice& notice : notices) {
    while (standing->account.id != notice.account) ++standing;
    while (contact->account != notice.account) ++contact;
    writes.push_back(write_of(context_, *standing, *contact, notice, now_));
    if (writes.size() == notices_at_a_time || &notice == &notices.back()) {
      transaction_->add_notices(writes, now_);
      writes.clear();
    }
  }
}

NoticeWrite write_of(const BillingContext& context, const AccountStanding& standing,
                     const Contacts& contacts, const Notice& notice, Instant now,
                     std::string_view reason) {
  if (notice.superseded) return {notice, standing.account.name, {}};
  NoticeFacts facts;
  facts.account = standing.account.name;
  facts.cause = notice.cause;
  for (const ProductStanding& product : standing.products) {
    if (product.product != notice.product) continue;
    facts.product = product.name;
  }
  const std::string charged_from = price_to_come(context, standing, notice, now);
  facts.charged_from = charged_from;
  std::string expires_on;
  std::optional<Instant> expires_at;
  if (const HeldPack* held = find_pack(standing, notice)) {
    facts.tier = held->pack.tier;
    facts.quota = held->pack.quota;
    facts.used = held->used;
    expires_at = held->pack.expires_at;
    expires_on = to_string(context.calendar->day_of(held->pack.expires_at));
    facts.expires_on = expires_on;
    if (held->last_refund_step) facts.step = name_of(*held->last_refund_step);
  }
  facts.reason = notice.kind == NoticeKind::refund_step ? reason : name_of(notice.reason);
  const std::string balance = money_text(standing.balance_micros);
  facts.balance = balance;
  facts.currency = context.catalogue->currency;
  return write_notice(*context.notices, notice, facts, contacts, now, expires_at);
}

}  // namespace packwarden
