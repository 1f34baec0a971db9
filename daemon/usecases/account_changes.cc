#include "usecases/account_changes.h"

#include <algorithm>
#include <utility>

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
      const Consequences of_account = decide(standing);
      postpaid.insert(postpaid.end(), of_account.postpaid.begin(), of_account.postpaid.end());
      services.insert(services.end(), of_account.services.begin(), of_account.services.end());
      for (const Notice& notice : of_account.notices) {
        if (!context_.notices->policy.is_off(notice.kind)) notices.push_back(notice);
      }
    }
    transaction_->add_postpaid_changes(postpaid);
    transaction_->add_service_changes(services);
    tell(standings, notices);
  }
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
  writes.reserve(notices.size());
  auto standing = standings.begin();
  auto contact = contacts.begin();
  for (const Notice& notice : notices) {
    while (standing->account.id != notice.account) ++standing;
    while (contact->account != notice.account) ++contact;
    writes.push_back(write_of(context_, *standing, *contact, notice, now_));
  }
  transaction_->add_notices(writes, now_);
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
    facts.reason = name_of(product.service.reason);
  }
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
  if (notice.kind == NoticeKind::refund_step) facts.reason = reason;
  const std::string balance = money_text(standing.balance_micros);
  facts.balance = balance;
  facts.currency = context.catalogue->currency;
  return write_notice(*context.notices, notice, facts, contacts, now, expires_at);
}

}  // namespace packwarden
