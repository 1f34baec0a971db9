#include "notices/notice_facts.h"

#include <charconv>

namespace packwarden {
namespace {

using enum NoticeVariable;

constexpr std::array of_usage{account, product, tier, quota, used, left, level, expires_on};
constexpr std::array of_used_up{account, product, tier, quota, used, expires_on};
constexpr std::array of_expiring{account, product, tier, quota, used, left, days, expires_on};
constexpr std::array of_expired{account, product, tier, quota, used, left, expires_on};
constexpr std::array of_stopped{account, product, reason};
constexpr std::array of_resumed{account, product};
constexpr std::array of_postpaid_on{account, product, balance, currency, charged_from};
constexpr std::array of_postpaid{account, product, balance, currency};
constexpr std::array of_arrears{account, balance, currency};
constexpr std::array of_bill{account, product, day, amount, balance, currency};
constexpr std::array of_refund{account,    product, tier, quota,   used,    left,
                               expires_on, reason,  step, balance, currency};

std::int64_t number_of(NoticeVariable variable, const NoticeFacts& facts) {
  switch (variable) {
    case quota:
      return facts.quota;
    case used:
      return facts.used;
    case left:
      return facts.quota - facts.used;
    default:
      return facts.cause;
  }
}

std::string_view text_of(NoticeVariable variable, const NoticeFacts& facts) {
  switch (variable) {
    case account:
      return facts.account;
    case product:
      return facts.product;
    case tier:
      return facts.tier;
    case expires_on:
      return facts.expires_on;
    case reason:
      return facts.reason;
    case step:
      return facts.step;
    case day:
      return facts.day;
    case amount:
      return facts.amount;
    case balance:
      return facts.balance;
    case currency:
      return facts.currency;
    case charged_from:
      return facts.charged_from;
    default:
      return {};
  }
}

}  // namespace

std::span<const NoticeVariable> variables_of(NoticeKind kind) {
  switch (kind) {
    case NoticeKind::pack_usage:
      return of_usage;
    case NoticeKind::pack_used_up:
      return of_used_up;
    case NoticeKind::pack_expiring:
      return of_expiring;
    case NoticeKind::pack_expired:
      return of_expired;
    case NoticeKind::service_stopped:
      return of_stopped;
    case NoticeKind::service_resumed:
      return of_resumed;
    case NoticeKind::postpaid_on:
      return of_postpaid_on;
    case NoticeKind::postpaid_failed:
    case NoticeKind::postpaid_in_effect:
      return of_postpaid;
    case NoticeKind::arrears:
      return of_arrears;
    case NoticeKind::bill:
      return of_bill;
    case NoticeKind::refund_step:
      return of_refund;
  }
  return {};
}

bool is_number(NoticeVariable variable) {
  return variable == quota || variable == used || variable == left || variable == level ||
         variable == days;
}

NoticeValues::NoticeValues(NoticeKind kind, const NoticeFacts& facts) {
  for (const NoticeVariable variable : variables_of(kind)) {
    set(variable,
        is_number(variable) ? digits(number_of(variable, facts)) : text_of(variable, facts));
  }
}

// At most four of 20 characters.
std::string_view NoticeValues::digits(std::int64_t number) {
  char* const begin = digits_.data() + digits_bytes_;
  char* const end = std::to_chars(begin, digits_.data() + digits_.size(), number).ptr;
  digits_bytes_ = static_cast<std::size_t>(end - digits_.data());
  return {begin, static_cast<std::size_t>(end - begin)};
}

NoticeFacts example_facts(NoticeKind kind) {
  NoticeFacts facts;
  facts.account = "acme";
  facts.product = "captcha";
  facts.tier = "30k";
  facts.quota = 30'000;
  facts.used = kind == NoticeKind::pack_used_up ? 30'000 : 21'001;
  facts.cause = kind == NoticeKind::pack_expiring ? 3 : 70;
  facts.expires_on = "2027-11-22";
  facts.reason =
      kind == NoticeKind::refund_step ? "the invoice was issued already" : "packs_exhausted";
  facts.step = "rejected";
  facts.day = "2026-11-25";
  facts.amount = "12.5";
  facts.balance = kind == NoticeKind::arrears ? "-3.25" : "87.5";
  facts.currency = "CNY";
  return facts;
}

NoticeFacts longest_facts(NoticeKind kind) {
  NoticeFacts facts = example_facts(kind);
  facts.account = "shanghai-example-technology-0042";
  facts.product = "phone-verification";
  facts.tier = "enterprise-100m";
  facts.quota = 1'000'000'000;
  facts.used = kind == NoticeKind::pack_used_up ? 1'000'000'000 : 999'999'999;
  facts.cause = kind == NoticeKind::pack_expiring ? 30 : 95;
  if (kind == NoticeKind::refund_step) {
    facts.reason = "the pack was bought together with a contract";
  }
  facts.amount = "1234567.123456";
  facts.balance = "-12345678.123456";
  facts.charged_from = "2027-11-22";
  return facts;
}

}  // namespace packwarden
