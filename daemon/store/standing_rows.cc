#include "store/standing_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <stdexcept>

#include "store/account_rows.h"
#include "store/fact_rows.h"
#include "store/sql_text.h"

namespace packwarden {
namespace {

AccountId to_account(const std::optional<std::string_view>& value) {
  return AccountId{static_cast<std::uint32_t>(to_int(value))};
}
ProductId to_product(const std::optional<std::string_view>& value) {
  return ProductId{static_cast<std::uint32_t>(to_int(value))};
}

template <class Value>
Value known(const std::optional<Value>& value, std::string_view what, std::string_view text) {
  if (!value) throw std::logic_error(fmt::format("there is no {} '{}'", what, text));
  return *value;
}

// Standings that are being filled, by account.
class Filling {
 public:
  explicit Filling(std::vector<AccountStanding>& standings) : standings_(&standings) {}

  AccountStanding& of(AccountId account) {
    const auto at =
        std::lower_bound(standings_->begin(), standings_->end(), account,
                         [](const auto& one, AccountId id) { return one.account.id < id; });
    if (at == standings_->end() || at->account.id != account) {
      throw std::logic_error(fmt::format("there is no account {}", value_of(account)));
    }
    return *at;
  }
  ProductStanding& of(AccountId account, ProductId product) {
    AccountStanding& standing = of(account);
    if (ProductStanding* found = standing.find(product)) return *found;
    ProductStanding& added = standing.products.emplace_back();
    added.product = product;
    return added;
  }

 private:
  std::vector<AccountStanding>* standings_;
};

void read_what_is_known(Session& session, const std::string& in_list, Filling& filling) {
  for (const AccountFact& fact : read_facts(session, in_list + " AND kind = 'closed'")) {
    filling.of(fact.account).account.closed_at = fact.known_at;
  }
  session.for_each_row(
      "SELECT account_id, balance_micros, is_suspended FROM money_balance WHERE " + in_list,
      [&](RowView row) {
        AccountStanding& standing = filling.of(to_account(row[0]));
        standing.balance_micros = to_int(row[1]);
        standing.is_suspended = to_int(row[2]) != 0;
      });
}

// The rows of `table` with the highest sequence of their account and of each product of `products`
// (a table): one look at the key for each, whatever the length of its history. As what stands
// between FROM and ORDER BY. The LIMIT keeps the server from merging it into a walk over the whole
// history.
std::string newest_of(std::string_view table, std::string_view products,
                      const std::string& in_list) {
  return fmt::format(
      "(SELECT a.account_id, p.product_id, (SELECT c.seq FROM {0} c WHERE c.account_id ="
      " a.account_id AND c.product_id = p.product_id ORDER BY c.seq DESC LIMIT 1) seq FROM account"
      " a JOIN {1} p WHERE a.{2} LIMIT 4294967295) newest JOIN {0} USING (account_id, "
      "product_id, seq)",
      table, products, in_list);
}

void each_postpaid_change(Session& session, std::string_view rows,
                          const std::function<void(PostpaidChange)>& take) {
  session.for_each_row(
      fmt::format("SELECT account_id, product_id, step, {} FROM {} ORDER BY seq, change_no,"
                  " account_id, product_id",
                  micros_of("changed_at"), rows),
      [&](RowView row) {
        take({to_account(row[0]), to_product(row[1]),
              known(postpaid_step_from(*row[2]), "step of postpaid", *row[2]),
              Instant::from_micros(to_int(row[3]))});
      });
}

void each_service_change(Session& session, std::string_view rows,
                         const std::function<void(ServiceChange)>& take) {
  session.for_each_row(
      fmt::format("SELECT account_id, product_id, covered_by, reason, {} FROM {} ORDER BY"
                  " account_id, product_id, seq, change_no",
                  micros_of("changed_at"), rows),
      [&](RowView row) {
        take({to_account(row[0]),
              to_product(row[1]),
              {known(covered_by_from(*row[2]), "cover", *row[2]),
               known(stop_reason_from(*row[3]), "reason", *row[3])},
              Instant::from_micros(to_int(row[4]))});
      });
}

void read_products(Session& session, const std::string& in_list, Filling& filling) {
  for (HeldPack& held : read_held_packs(session, in_list)) {
    filling.of(held.pack.account, held.pack.product).packs.push_back(std::move(held));
  }
  // Steps of the whole account have product 0.
  each_postpaid_change(session, newest_of("postpaid_change", "(SELECT 0 product_id)", in_list),
                       [&](const PostpaidChange& change) {
                         filling.of(change.account).is_in_arrears =
                             change.step == PostpaidStep::suspended ||
                             change.step == PostpaidStep::below_zero;
                       });
  // A switch that failed left postpaid as it was: off (O4).
  each_postpaid_change(
      session, newest_of("postpaid_change", "product", in_list), [&](const PostpaidChange& change) {
        filling.of(change.account, change.product).postpaid_on = change.step == PostpaidStep::on;
      });
  each_service_change(session, newest_of("service_change", "product", in_list),
                      [&](const ServiceChange& change) {
                        ProductStanding& product = filling.of(change.account, change.product);
                        product.service = change.state;
                        product.service_since = change.changed_at;
                      });
}

}  // namespace

std::vector<AccountStanding> read_standings(Session& session, std::span<const AccountId> accounts) {
  std::map<ProductId, std::string> names;
  session.for_each_row("SELECT product_id, name FROM product", [&](RowView row) {
    names.emplace(to_product(row[0]), std::string(*row[1]));
  });
  std::vector<AccountStanding> standings;
  for_each_list(accounts, [&](const std::string& list) {
    const std::string in_list = "account_id IN " + list;
    std::vector<AccountStanding> some;
    for (Account& account : read_accounts(session, in_list)) {
      some.emplace_back().account = std::move(account);
    }
    Filling filling(some);
    read_what_is_known(session, in_list, filling);
    read_products(session, in_list, filling);
    std::move(some.begin(), some.end(), std::back_inserter(standings));
  });
  std::sort(standings.begin(), standings.end(),
            [](const auto& a, const auto& b) { return a.account.id < b.account.id; });
  for (AccountStanding& standing : standings) {
    std::sort(standing.products.begin(), standing.products.end(),
              [](const auto& a, const auto& b) { return a.product < b.product; });
    for (ProductStanding& product : standing.products) product.name = names.at(product.product);
  }
  return standings;
}

void for_each_postpaid_change(Session& session, std::string_view condition,
                              const std::function<void(PostpaidChange)>& take) {
  each_postpaid_change(session, fmt::format("postpaid_change WHERE {}", condition), take);
}

std::vector<PostpaidChange> read_postpaid_changes(Session& session, std::string_view condition) {
  std::vector<PostpaidChange> changes;
  for_each_postpaid_change(session, condition,
                           [&](PostpaidChange one) { changes.push_back(std::move(one)); });
  return changes;
}

void write_postpaid_changes(Session& session, Sequence sequence, std::uint32_t first_no,
                            std::span<const PostpaidChange> changes) {
  RowWriter rows(session,
                 "INSERT INTO postpaid_change (account_id, product_id, seq, change_no, step,"
                 " changed_at) VALUES");
  RowWriter suspensions(session,
                        "INSERT INTO money_balance (account_id, balance_micros, is_suspended)"
                        " VALUES",
                        " ON DUPLICATE KEY UPDATE is_suspended = VALUES(is_suspended)");
  for (const PostpaidChange& change : changes) {
    rows.add(fmt::format("{},{},{},{},'{}',{}", value_of(change.account), value_of(change.product),
                         sequence, first_no++, name_of(change.step),
                         datetime_literal(change.changed_at)));
    const bool suspended = change.step == PostpaidStep::suspended;
    if (suspended || change.step == PostpaidStep::resumed) {
      suspensions.add(fmt::format("{},0,{}", value_of(change.account), suspended ? 1 : 0));
    }
  }
  rows.finish();
  suspensions.finish();
}

void for_each_service_change(Session& session, std::string_view condition,
                             const std::function<void(ServiceChange)>& take) {
  each_service_change(session, fmt::format("service_change WHERE {}", condition), take);
}

std::vector<ServiceChange> read_service_changes(Session& session, std::string_view condition) {
  std::vector<ServiceChange> changes;
  for_each_service_change(session, condition,
                          [&](ServiceChange one) { changes.push_back(std::move(one)); });
  return changes;
}

void write_service_changes(Session& session, Sequence sequence, std::uint32_t first_no,
                           std::span<const ServiceChange> changes) {
  RowWriter rows(session,
                 "INSERT INTO service_change (account_id, product_id, seq, change_no, covered_by,"
                 " reason, changed_at) VALUES");
  for (const ServiceChange& change : changes) {
    rows.add(fmt::format("{},{},{},{},'{}','{}',{}", value_of(change.account),
                         value_of(change.product), sequence, first_no++,
                         name_of(change.state.covered_by), name_of(change.state.reason),
                         datetime_literal(change.changed_at)));
  }
  rows.finish();
}

}  // namespace packwarden
