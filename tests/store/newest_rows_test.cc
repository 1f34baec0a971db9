// What is read of a long history by its newest rows is what a walk over all of it gives.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "store/overage_rows.h"
#include "store/sql_text.h"
#include "store/standing_rows.h"
#include "support/test_database.h"

namespace packwarden {
namespace {

class Newest : public ::testing::Test {
 protected:
  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); }
  void insert(const std::string& table, const std::string& row) {
    database.session().execute("INSERT INTO " + table + " VALUES (" + row + ")");
  }

  TestDatabase database;
  std::mt19937 random{16};
};

TEST_F(Newest, O10_a_standing_has_the_last_change_of_service_and_postpaid) {
  std::vector<AccountId> accounts;
  for (std::uint32_t product = 1; product <= 3; ++product) {
    insert("product (product_id, name)", fmt::format("{0}, 'product {0}'", product));
  }
  for (std::uint32_t id = 1; id <= 20; ++id) {
    insert("account (account_id, parent_account_id, name, language, seq)",
           fmt::format("{0}, 0, 'account {0}', 'en', 1", id));
    accounts.push_back(AccountId{id});
  }
  std::map<std::pair<std::uint32_t, std::uint32_t>, bool> is_on;
  for (std::uint32_t seq = 2; seq < 300; ++seq) {
    const std::uint32_t account = 1 + below(20);
    const std::uint32_t product = 1 + below(3);
    bool& on = is_on[{account, product}];
    if (below(3) == 0) {
      const std::uint32_t choice = below(4);
      // A switch fails only while postpaid is off (O4).
      const char* step = choice == 0          ? "suspended"
                         : choice == 1 && !on ? "failed"
                         : on                 ? "off"
                                              : "on";
      if (choice != 0 && !(choice == 1 && !on)) on = !on;
      insert("postpaid_change (account_id, product_id, seq, step, changed_at)",
             fmt::format("{}, {}, {}, '{}', '2026-01-01'", account, choice == 0 ? 0 : product, seq,
                         step));
    }
    const std::uint32_t changes = below(3);
    for (std::uint32_t no = 0; no < changes; ++no) {
      const bool packs = below(2) == 0;
      insert(
          "service_change (account_id, product_id, seq, change_no, covered_by, reason,"
          " changed_at)",
          fmt::format("{}, {}, {}, {}, '{}', '{}', '2026-01-01 00:00:{:02}'", account, product, seq,
                      no, packs ? "packs" : "none", packs ? "" : "packs_expired", below(60)));
    }
  }
  // The slow model: all of it, in order.
  std::map<std::pair<AccountId, ProductId>, bool> postpaid;
  for (const PostpaidChange& change : read_postpaid_changes(database.session(), "seq > 0")) {
    if (change.step != PostpaidStep::on && change.step != PostpaidStep::off) continue;
    postpaid[{change.account, change.product}] = change.step == PostpaidStep::on;
  }
  std::map<std::pair<AccountId, ProductId>, ServiceChange> services;
  for (const ServiceChange& change : read_service_changes(database.session(), "seq > 0")) {
    services[{change.account, change.product}] = change;
  }
  std::size_t compared = 0;
  for (const AccountStanding& standing : read_standings(database.session(), accounts)) {
    for (const ProductStanding& product : standing.products) {
      const std::pair key{standing.account.id, product.product};
      EXPECT_EQ(product.postpaid_on, postpaid[key]);
      const auto service = services.find(key);
      if (service == services.end()) {
        EXPECT_EQ(product.service_since, Instant::earliest());
        continue;
      }
      EXPECT_EQ(product.service, service->second.state);
      EXPECT_EQ(product.service_since, service->second.changed_at);
      ++compared;
    }
  }
  EXPECT_EQ(compared, services.size());
}

TEST_F(Newest, U10_voided_overage_goes_to_the_first_charge_of_its_day_after_it) {
  struct Charge {
    std::uint32_t seq;
    std::uint32_t account;
    std::uint32_t day;  // of the usage
    std::uint32_t price;
  };
  insert("meter (meter_id, product_id, name)", "1, 1, 'm'");
  std::vector<Charge> charges;
  std::map<std::string, std::int64_t> model;
  for (std::uint32_t seq = 1; seq < 400; ++seq) {
    if (below(3) != 0) continue;
    // Late usage of a day is charged with a later one (O7); the days are charged in order.
    const std::uint32_t charged = 1 + seq / 20;
    const Charge charge{seq, 1 + below(3), 1 + below(charged), 100 + below(5)};
    const bool taken = std::any_of(charges.begin(), charges.end(), [&](const Charge& one) {
      return one.account == charge.account && one.day == charge.day &&
             1 + one.seq / 20 == charged && one.price == charge.price;
    });
    if (taken) continue;
    charges.push_back(charge);
    insert(
        "charge (account_id, product_id, charged_day, usage_day, is_credit, price_micros, units,"
        " amount_micros, seq)",
        fmt::format("{}, 1, '2026-01-{:02}', '2026-01-{:02}', 0, {}, 1, 1, {}", charge.account,
                    charged, charge.day, charge.price, seq));
  }
  for (std::uint32_t i = 0; i < 300; ++i) {
    const std::uint32_t seq = 1 + below(400);
    const std::uint32_t account = 1 + below(3);
    const std::uint32_t day = 1 + below(20);
    const std::uint32_t units = 1 + below(9);
    insert(
        "ledger_entry (seq, entry_no, account_id, used_by_account_id, meter_id, business_day,"
        " outcome, pack_id, units)",
        fmt::format("{}, {}, {}, {}, 1, '2026-01-{:02}', {}, 0, {}", seq, i, account, account, day,
                    static_cast<int>(Outcome::overage), units));
    // The slow model: each entry by itself.
    const auto first = std::find_if(charges.begin(), charges.end(), [&](const Charge& one) {
      return one.account == account && one.day == day && one.seq > seq;
    });
    const bool charged = first != charges.end();
    model[fmt::format("{} {} {} {}", account, day, charged ? 1 : 0, charged ? first->price : 0)] -=
        units;
  }
  close_overage(database.session(), "ledger_entry e WHERE e.seq > 0");
  std::map<std::string, std::int64_t> stored;
  database.session().for_each_row(
      "SELECT CONCAT_WS(' ', account_id, DAY(business_day), is_credit, price_micros), units FROM"
      " open_overage",
      [&](RowView row) { stored[std::string(*row[0])] = to_int(row[1]); });
  EXPECT_EQ(stored, model);
}

}  // namespace
}  // namespace packwarden
