#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "store/job_rows.h"
#include "store/mysql_reports.h"
#include "usecases/billing_jobs.h"
#include "usecases/file_void.h"
#include "usecases/money_commands.h"
#include "usecases/pack_commands.h"
#include "usecases/world.h"

namespace packwarden::testing {

// noon is 2026-11-20 20:00 in Shanghai: that business day is charged at 2026-11-21T00:00:00Z.
inline constexpr Instant charge_time = noon + Span::minutes(12 * 60);
inline constexpr Span day = Span::days(1);

class Jobs : public ::testing::Test {
 protected:
  Jobs() { add_ready_account(database, "acme"); }

  void buy(const std::string& tier, Instant at, const std::string& account = "acme") {
    const std::vector<std::string> names{account};
    ASSERT_TRUE(buy_packs(ledger, context, {"captcha", names, at, new_request_id()}, tier,
                          new_request_id()));
  }
  void claim(Instant at) {
    const std::vector<std::string> names{"acme"};
    ASSERT_TRUE(claim_trials(ledger, context, {"captcha", names, at}, new_request_id()));
  }
  void add_packs_that_expire(Instant at, std::uint32_t count) {
    const ProductId product = context.catalogue->find_product("captcha")->id;
    std::vector<Pack> packs;
    for (std::uint32_t id = 1; id <= count; ++id) {
      Pack& pack = packs.emplace_back();
      pack.id = PackId{id};
      pack.account = AccountId{1};
      pack.product = product;
      pack.tier = "30k";
      pack.quota = 30'000;
      pack.purchased_at = pack.effective_from = noon - day;
      pack.expires_at = at;
    }
    ledger.transact("test", Instant::earliest(), [&](LedgerTransaction& tx) {
      tx.add_packs(packs);
      return Verdict::commit;
    });
  }
  void top_up(MoneyMicros amount, const std::string& account = "acme", Instant at = noon) {
    ASSERT_TRUE(
        top_up_balance(ledger, context, {account, amount, new_request_id(), at}, new_request_id()));
  }
  // An account that pays for what it uses from noon on: its pack is used up.
  void make_postpaid(const std::string& account, MoneyMicros balance) {
    if (account != "acme") add_ready_account(database, account);
    top_up(balance, account, noon - day);
    buy("30k", noon - day, account);
    use(account, 30'000, noon, noon);
  }
  void use(const std::string& account, Units units, Instant at, Instant now) {
    const std::string name = "f" + std::to_string(++files) + ".csv";
    host.drop(name, csv({{.id = name,
                          .account = account,
                          .time = to_rfc3339(at),
                          .quantity = std::to_string(units)}}));
    host.run(now);
    last_file = name;
  }
  void void_last() {
    MySqlReports reports(database.address());
    ASSERT_TRUE(void_file(ledger, context,
                          {reports.find_files(last_file).at(0), "test", false, noon},
                          new_request_id()));
  }
  JobReport run(Instant now, std::int64_t spread_s = 0) {
    BillingJobs jobs(ledger, store, context, {"test", 60, spread_s});
    return jobs.run(now);
  }
  std::string value(const std::string& query) { return database.value(query); }
  std::string charges() {
    return value(
        "SELECT GROUP_CONCAT(CONCAT(charged_day, IF(is_credit, ' credit ', ' '), usage_day, ' ',"
        " units, ' ', amount_micros) ORDER BY seq, usage_day, is_credit SEPARATOR '; ') FROM"
        " charge");
  }
  std::string balance() { return value("SELECT balance_micros FROM money_balance"); }
  std::string notices(const std::string& kind) {
    return value(
        "SELECT GROUP_CONCAT(CONCAT(cause, ' ', state) ORDER BY seq, cause SEPARATOR ', ')"
        " FROM notice WHERE kind = '" +
        kind + "'");
  }

  TestDatabase database;
  BillingContext context = shipped_billing(database);
  MySqlLedger ledger{database.address()};
  MySqlJobStore store{database.address()};
  Host host{database, "h1"};
  int files = 0;
  std::string last_file;
};

}  // namespace packwarden::testing
