#include "usecases/open_sums.h"

#include <algorithm>
#include <utility>

namespace packwarden {
namespace {

// What it adds to both sums at most.
std::int64_t bound_of(Units units, MoneyMicros price_micros) {
  OpenSum sum;
  sum.add(units, price_micros);
  return sum.bound();
}

}  // namespace

MoneyMicros overage_price(const Catalogue& catalogue, ProductId product, BusinessDay day) {
  for (const Product& one : catalogue.products) {
    if (one.id == product) return one.postpaid_price_on(day).value_or(0);
  }
  return 0;
}

std::int64_t bound_of(const Catalogue& catalogue, const OpenRow& row) {
  OpenSum sum;
  sum.add(row.units, overage_price(catalogue, row.product, row.day));
  sum.micros += row.debt_micros;
  return sum.bound();
}

OpenSums::OpenSums(const Catalogue& catalogue, Books& books, OpenRowsOf rows_of, std::int64_t limit)
    : catalogue_(&catalogue), books_(&books), rows_of_(std::move(rows_of)), limit_(limit) {
  for (const Product& product : catalogue.products) {
    for (const PostpaidPrice& price : product.postpaid_prices) {
      highest_price_micros_ = std::max(highest_price_micros_, price.price_micros);
    }
  }
}

bool OpenSums::fit(const DecodedUnit& unit, std::span<const UseSum> sums) {
  const std::span<const std::uint32_t> order = unit.group_order;
  std::vector<std::span<const std::uint32_t>> doubtful;  // the groups of one account each
  for (std::size_t begin = 0; begin < order.size();) {
    const AccountId account = unit.use_groups[order[begin]].account;
    Wide units = 0;
    std::size_t end = begin;
    for (; end < order.size() && unit.use_groups[order[end]].account == account; ++end) {
      units += sums[order[end]].units;
    }
    if (units > 0 && books_->open_bound(account) + units * highest_price_micros_ > limit_ &&
        !watched_.contains(account)) {
      doubtful.push_back(order.subspan(begin, end - begin));
    }
    begin = end;
  }
  return doubtful.empty() || !watch(unit, sums, doubtful);
}

// Whether any of them does not fit by its exact figures.
bool OpenSums::watch(const DecodedUnit& unit, std::span<const UseSum> sums,
                     const std::vector<std::span<const std::uint32_t>>& doubtful) {
  std::vector<AccountId> accounts;
  for (const auto groups : doubtful) accounts.push_back(unit.use_groups[groups.front()].account);
  read(std::move(accounts));
  bool any = false;
  for (const auto groups : doubtful) {
    const AccountId account = unit.use_groups[groups.front()].account;
    const OpenSum& open = exact_.at(account);
    OpenSum with_unit = open;
    for (const std::uint32_t g : groups) {
      const UseGroup& group = unit.use_groups[g];
      with_unit.add(sums[g].units, overage_price(*catalogue_, group.product, group.day));
    }
    if (with_unit.is_within(limit_)) continue;
    watched_.emplace(account, open);
    any = true;
  }
  return any;
}

void OpenSums::read(std::vector<AccountId> accounts) {
  std::erase_if(accounts, [this](AccountId account) { return exact_.contains(account); });
  if (accounts.empty()) return;
  for (const AccountId account : accounts) exact_.emplace(account, OpenSum{});
  for (const OpenRow& row : rows_of_(accounts)) {
    OpenSum& open = exact_.at(row.account);
    open.add(row.units, overage_price(*catalogue_, row.product, row.day));
    open.micros += row.debt_micros;
  }
  for (const Added& added : added_) {
    if (std::binary_search(accounts.begin(), accounts.end(), added.account)) {
      exact_.at(added.account).add(added.units, added.price_micros);
    }
  }
  for (const AccountId account : accounts) {
    books_->set_open_bound(account, exact_.at(account).bound());
  }
}

bool OpenSums::takes(const UseGroup& group, Units units) {
  const auto watched = in_line_order_.find(group.account);
  if (watched == in_line_order_.end()) return true;
  OpenSum with_record = watched->second;
  with_record.add(units, overage_price(*catalogue_, group.product, group.day));
  if (!with_record.is_within(limit_)) return false;
  watched->second = with_record;
  return true;
}

void OpenSums::add(ProductId product, std::span<const LedgerEntry> entries) {
  for (const LedgerEntry& entry : entries) {
    if (entry.outcome != Outcome::overage) continue;
    const Added added{entry.account, entry.units, overage_price(*catalogue_, product, entry.day)};
    added_.push_back(added);
    books_->raise_open_bound(added.account, bound_of(added.units, added.price_micros));
    const auto exact = exact_.find(added.account);
    if (exact != exact_.end()) exact->second.add(added.units, added.price_micros);
  }
}

void OpenSums::undo() {
  for (const Added& added : added_) {
    books_->lower_open_bound(added.account, bound_of(added.units, added.price_micros));
  }
  added_.clear();
}

}  // namespace packwarden
