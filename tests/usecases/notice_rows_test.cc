#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "store/job_rows.h"
#include "store/mysql_reports.h"
#include "usecases/account_commands.h"
#include "usecases/billing_jobs.h"
#include "usecases/notice_writing.h"
#include "usecases/pack_commands.h"
#include "usecases/refund_commands.h"
#include "usecases/world.h"

namespace packwarden::testing {
namespace {

// Notices as a host with channels of all media writes them.
class NoticeRows : public ::testing::Test {
 protected:
  NoticeRows() {
    NoticePolicy& policy = rules->policy;
    policy.set_channels({{"site", Medium::inbox, Span::days(9)},
                         {"sms", Medium::sms, Span::days(1)},
                         {"email", Medium::email, Span::days(2)},
                         {"webhook", Medium::webhook, Span::days(3)}});
    shipped_billing(database);  // stores the catalogue's names
  }

  void add_reached(const std::string& name) {
    add_ready_account(database, name);
    set(name, {{{}, AccountDetailKind::email, "a@example.com"},
               {{}, AccountDetailKind::phone, "+8613812345678"},
               {{}, AccountDetailKind::webhook, "https://example.com/n?a='b'"}});
  }
  void set(const std::string& name, const std::vector<AccountDetail>& details,
           const MuteChange& choices = {}) {
    MySqlLedger ledger(database.address());
    ASSERT_TRUE(set_details(ledger, name, details, choices, Instant::earliest(), new_request_id()));
  }
  // Uses `units` of the account's pack, in a file of its own.
  void use(const std::string& account, const std::string& units) {
    Host host(database, "h" + std::to_string(++hosts_));
    host.settings().notices.rules = rules;
    host.restart();
    Line line{.id = "u" + std::to_string(hosts_)};
    line.time = to_rfc3339(noon);
    line.account = account;
    line.quantity = units;
    host.drop("f.csv", csv({line}));
    host.run();
  }
  std::int64_t breaks_of(const std::string& check) {
    MySqlReports reports(database.address());
    const BillingContext context = shipped_billing(database);
    for (const AuditCheck& one :
         audit_ledger(reports, {context.catalogue, context.calendar, 5}).checks) {
      if (one.name == check) return one.breaks;
    }
    return -1;
  }
  std::int64_t usage_breaks() { return breaks_of("usage_notices"); }
  // `columns` of the outbox, by key.
  std::string outbox(const std::string& columns, const std::string& where = "TRUE") {
    return database.value(
        "SELECT COALESCE(GROUP_CONCAT(CONCAT_WS('|', " + columns +
        ") ORDER BY account_name, idempotency_key SEPARATOR '\n'), '') FROM outbox WHERE " + where);
  }

  TestDatabase database;
  std::shared_ptr<NoticeRules> rules = std::make_shared<NoticeRules>(*shipped_notices());

 private:
  int hosts_ = 0;
};

TEST_F(NoticeRows, N4_N5_go_over_each_medium_with_what_it_needs) {
  add_reached("acme");
  add_pack(database, "acme", 100);
  use("acme", "60");
  EXPECT_EQ(outbox("idempotency_key, channel, recipient, can_wait, kind"),
            "pack_usage/1/1/1/50/email|email|a@example.com|1|pack_usage\n"
            "pack_usage/1/1/1/50/inbox|site||1|pack_usage\n"
            "pack_usage/1/1/1/50/sms|sms|+8613812345678|1|pack_usage\n"
            "pack_usage/1/1/1/50/webhook|webhook|https://example.com/n?a='b'|1|pack_usage");
  EXPECT_EQ(outbox("channel, html IS NOT NULL, facts IS NOT NULL, subject <> ''"),
            "email|1|1|1\nsite|0|0|1\nsms|0|1|0\nwebhook|0|1|1");
  EXPECT_EQ(outbox("body", "channel = 'sms'"),
            "acme: 60 of 100 units of the captcha pack test are used, 40 are left until "
            "2027-01-01.");
  EXPECT_EQ(boost::json::parse(outbox("facts", "channel = 'webhook'")),
            boost::json::parse(R"({"account": "acme", "product": "captcha", "tier": "test",
              "quota": 100, "used": 60, "left": 40, "level": 50, "expires_on": "2027-01-01"})"));
  EXPECT_EQ(outbox("occurred_at", "channel = 'sms'"), "2026-11-20 12:00:00.000000");
}

TEST_F(NoticeRows, N6_are_useful_so_long_by_the_clock_of_the_database) {
  add_reached("acme");
  add_pack(database, "acme", 100);
  add_pack(database, "acme", 1'000, Instant::from_micros(1'767'225'600'000'000),
           noon + Span::seconds(100));
  use("acme", "980");  // of the pack that expires first
  EXPECT_EQ(outbox("channel, ROUND(TIMESTAMPDIFF(MICROSECOND, created_at, useful_until) / 1e6)",
                   "useful_until IS NOT NULL"),
            "email|100\nsms|100\nwebhook|100");
  use("acme", "75");
  EXPECT_EQ(outbox("channel, ROUND(TIMESTAMPDIFF(MICROSECOND, created_at, useful_until) / 1e6)",
                   "useful_until IS NOT NULL AND idempotency_key LIKE 'pack_usage/1/1/1/%'"),
            "email|172800\nsms|86400\nwebhook|259200");
}

TEST_F(NoticeRows, N4_are_as_the_account_chose) {
  add_reached("acme");
  add_pack(database, "acme", 100);
  set("acme", {{{}, AccountDetailKind::language, "zh-CN"}, {{}, AccountDetailKind::phone, ""}},
      {{"pack_usage/email"}, {}});
  use("acme", "60");
  EXPECT_EQ(outbox("channel, language"), "site|zh-CN\nwebhook|zh-CN");
  EXPECT_EQ(outbox("subject", "channel = 'site'"), "套餐包用量超过 50%：captcha test");
}

TEST_F(NoticeRows, N2_N3_of_a_kind_that_is_off_are_not_written) {
  add_reached("acme");
  add_pack(database, "acme", 100);
  rules->policy.turn_off(NoticeKind::pack_used_up);
  rules->policy.turn_off(NoticeKind::service_stopped);
  use("acme", "100");
  EXPECT_EQ(database.value("SELECT GROUP_CONCAT(CONCAT(kind, ' ', cause, ' ', state) ORDER BY "
                           "cause) FROM notice"),
            "pack_usage 50 superseded,pack_usage 70 superseded,pack_usage 90 superseded,"
            "pack_usage 95 due");
  EXPECT_EQ(outbox("channel", "idempotency_key LIKE 'pack_usage/%'"), "email\nsite\nsms\nwebhook");
  EXPECT_EQ(database.value("SELECT COUNT(*) FROM outbox"), "4");
}

TEST_F(NoticeRows, N3_what_a_kind_that_was_off_did_not_tell_is_no_break_of_the_audit) {
  add_reached("acme");
  add_reached("zeta");
  add_pack(database, "acme", 100);
  add_pack(database, "zeta", 100);
  const NoticePolicy all_on = rules->policy;
  rules->policy.turn_off(NoticeKind::pack_usage);
  use("acme", "60");
  use("zeta", "100");
  rules->policy = all_on;
  EXPECT_EQ(usage_breaks(), 0);
  use("acme", "5");
  EXPECT_EQ(database.value("SELECT CONCAT(pack_id, ' ', cause) FROM notice WHERE kind ="
                           " 'pack_usage'"),
            "1 50")
      << "S27";
  EXPECT_EQ(usage_breaks(), 0);
  // From then on it counts: this level was told.
  database.session().execute("DELETE FROM notice WHERE kind = 'pack_usage'");
  EXPECT_EQ(usage_breaks(), 1);
}

TEST_F(NoticeRows, N2_N3_what_follows_from_the_last_unit_is_not_told_where_its_kind_is_off) {
  add_reached("acme");
  BillingContext context = shipped_billing(database);
  MySqlLedger ledger(database.address());
  const std::vector<std::string> buyers = {"acme"};
  ASSERT_TRUE(buy_packs(ledger, context, {"captcha", buyers, noon - Span::days(2), "bank-1"}, "30k",
                        new_request_id()));
  rules->policy.turn_off(NoticeKind::service_stopped);
  use("acme", "30000");
  EXPECT_EQ(database.value("SELECT reason FROM service_change WHERE covered_by = 'none'"),
            "packs_exhausted");
  EXPECT_EQ(database.value("SELECT COUNT(*) FROM notice WHERE kind = 'service_stopped'"), "0");
  EXPECT_EQ(database.value("SELECT COUNT(*) FROM notice WHERE kind = 'pack_used_up'"), "1");
}

TEST_F(NoticeRows, N4_stay_whole_whatever_is_in_a_name) {
  const std::vector<std::string> names = {"{{left}} {{#tier}}", "<script>alert('1')</script>",
                                          "x';DROP TABLE outbox;--\\", "套餐 & co\\n%s"};
  for (const std::string& name : names) {
    add_reached(name);
    add_pack(database, name, 100);
    use(name, "60");
    const std::string of_it = "account_name = " + database.session().escape(name);
    EXPECT_EQ(outbox("subject", of_it + " AND channel = 'site'"),
              "Pack usage above 50 %: captcha test");
    EXPECT_EQ(outbox("body", of_it + " AND channel = 'site'"),
              "Account " + name +
                  " has used 60 of 100 units of its captcha pack test. 40 units are left, valid "
                  "until 2027-01-01.");
    EXPECT_EQ(boost::json::parse(outbox("facts", of_it + " AND channel = 'webhook'"))
                  .at("account")
                  .as_string(),
              name);
    EXPECT_EQ(outbox("html", of_it + " AND channel = 'email'").find("<script"), std::string::npos);
  }
  EXPECT_EQ(database.value("SELECT COUNT(*) FROM outbox"), "16");
  MySqlLedger ledger(database.address());
  EXPECT_FALSE(
      add_accounts(ledger, std::vector<std::string>{"a\r\nBcc: b"}, "en", Instant::earliest(), "r"))
      << "no name has control characters";
}

TEST_F(NoticeRows, N4_bills_go_to_contacts_and_are_none_where_they_are_off) {
  add_reached("acme");
  add_account(database, "zeta");
  set("zeta", {{{}, AccountDetailKind::email, "z@example.com"}}, {{"bill/email"}, {}});
  add_account(database, "zulu");
  set("zulu", {{{}, AccountDetailKind::email, "u@example.com"}});
  const auto charge = [&](const std::string& day, Instant at) {
    database.session().execute(
        "INSERT INTO open_overage (account_id, product_id, business_day, is_credit, price_micros, "
        "units) SELECT account_id, 1, '" +
        day + "', 0, 0, 3 FROM account");
    BillingContext context = shipped_billing(database);
    context.notices = rules.get();
    MySqlLedger ledger(database.address());
    MySqlJobStore store(database.address());
    JobOptions options;
    options.spread_s = 0;
    JobReport report;
    BillingJobs(ledger, store, context, options).settle(at, report);
    EXPECT_EQ(report.bills, 3);
  };
  charge("2026-11-19", noon + Span::days(2));
  EXPECT_EQ(outbox("account_name, channel, recipient", "kind = 'bill'"),
            "acme|email|a@example.com\nacme|site|\nacme|webhook|https://example.com/n?a='b'\n"
            "zeta|site|\nzulu|email|u@example.com\nzulu|site|");
  rules->policy.turn_off(NoticeKind::bill);
  charge("2026-11-20", noon + Span::days(3));
  EXPECT_EQ(database.value("SELECT COUNT(*) FROM bill"), "6");
  EXPECT_EQ(database.value("SELECT COUNT(*) FROM notice WHERE kind = 'bill'"), "3");
  EXPECT_EQ(breaks_of("bill_notices"), 0) << "of a kind that is on again";
  database.session().execute("DELETE FROM notice WHERE kind = 'bill' LIMIT 1");
  EXPECT_EQ(breaks_of("bill_notices"), 1);
}

TEST_F(NoticeRows, N2_scope_stack_goes_by_what_was_left_after_the_last_purchase) {
  add_reached("acme");
  BillingContext context = shipped_billing(database);
  Catalogue catalogue = *context.catalogue;
  for (Product& product : catalogue.products) product.notice_scope = NoticeScope::stack;
  context.catalogue = &catalogue;
  MySqlLedger ledger(database.address());
  const std::vector<std::string> buyers = {"acme"};
  const auto buy = [&](const std::string& payment) {
    const PackOrder order{"captcha", buyers, noon - Span::days(2), payment};
    const auto bought = buy_packs(ledger, context, order, "30k", payment);
    ASSERT_TRUE(bought) << bought.error().message;
  };
  const auto told = [&] {
    return database.value(
        "SELECT GROUP_CONCAT(CONCAT(pack_id, ' ', cause, ' ', state, ' ', used_units) ORDER BY seq,"
        " cause) FROM notice WHERE kind IN ('pack_usage', 'pack_used_up')");
  };
  const std::string first = "1 50 due 15001";
  buy("bank-1");
  use("acme", "15001");
  EXPECT_EQ(told(), first);
  buy("bank-2");  // 44,999 are left
  use("acme", "22499");
  EXPECT_EQ(told(), first) << "half of them at most; the first pack is used up by the way";
  EXPECT_EQ(database.value("SELECT used_units FROM pack_balance WHERE pack_id = 1"), "30000");
  use("acme", "1");
  EXPECT_EQ(told(), first + ",2 50 due 22500");
  EXPECT_EQ(outbox("body", "channel = 'sms' AND idempotency_key LIKE 'pack_usage/1/1/2/50/%'"),
            "acme: 22500 of 44999 units of the captcha pack 30k are used, 22499 are left until "
            "2027-11-20.");
  use("acme", "22499");
  EXPECT_EQ(told(), first +
                        ",2 50 due 22500,2 70 superseded 44999,2 90 superseded 44999,2 95 "
                        "superseded 44999,2 100 due 44999");
  buy("bank-3");  // begins anew
  use("acme", "15001");
  EXPECT_TRUE(told().ends_with(",2 100 due 44999,3 50 due 15001")) << told();
  EXPECT_EQ(database.value("SELECT GROUP_CONCAT(CONCAT(stack_left_units, ' ', stack_used_units) "
                           "ORDER BY pack_id) FROM pack"),
            "30000 0,44999 15001,30000 60000");
  MySqlReports reports(database.address());
  for (const AuditCheck& check :
       audit_ledger(reports, {context.catalogue, context.calendar, 5}).checks) {
    EXPECT_EQ(check.breaks, 0) << check.name;
  }
}

// Two packs of 30,000; the second one is asked back, given up or thawed.
class StackRefund : public NoticeRows {
 protected:
  StackRefund() {
    add_reached("acme");
    catalogue = *context.catalogue;
    for (Product& product : catalogue.products) product.notice_scope = NoticeScope::stack;
    context.catalogue = &catalogue;
    for (const std::string payment : {"bank-1", "bank-2"}) {
      const PackOrder order{"captcha", buyers, noon - Span::days(2), payment};
      EXPECT_TRUE(buy_packs(ledger, context, order, "30k", payment));
    }
  }
  void refund(RefundStep step) {
    const std::string reason = step == RefundStep::rejected ? "no" : "";
    ASSERT_TRUE(take_refund_step(ledger, context, {PackId{2}, step, reason, noon - Span::days(1)},
                                 new_request_id()));
  }
  void draw(const std::string& units) {
    const std::string id = "s" + std::to_string(++files_);
    host.drop(id + ".csv", csv({{.id = id, .quantity = units}}));
    host.run();
  }
  std::string told() {
    return database.value(
        "SELECT GROUP_CONCAT(CONCAT(pack_id, ' ', cause, ' ', used_units) ORDER BY seq, cause)"
        " FROM notice WHERE kind IN ('pack_usage', 'pack_used_up') AND state = 'due'");
  }
  BillingContext context = shipped_billing(database);
  Catalogue catalogue;
  MySqlLedger ledger{database.address()};
  const std::vector<std::string> buyers = {"acme"};
  Host host{database, "stack"};

 private:
  int files_ = 0;
};

TEST_F(StackRefund, N2_P8_a_refunded_last_pack_is_no_base) {
  for (const RefundStep step :
       {RefundStep::requested, RefundStep::approved, RefundStep::ordered, RefundStep::completed}) {
    refund(step);
  }
  draw("15000");
  EXPECT_EQ(told(), "NULL");
  draw("13800");
  EXPECT_EQ(told(), "1 95 28800");
  draw("1200");
  EXPECT_EQ(told(), "1 95 28800,1 100 30000");
}

TEST_F(StackRefund, N2_a_frozen_last_pack_is_no_base_until_it_is_thawed) {
  refund(RefundStep::requested);
  draw("15001");
  EXPECT_EQ(told(), "1 50 15001");
  refund(RefundStep::rejected);
  draw("14999");  // exactly half of both
  EXPECT_EQ(told(), "1 50 15001");
  draw("1");
  EXPECT_EQ(told(), "1 50 15001,2 50 30001");
}

TEST_F(StackRefund, N2_U8_a_restart_knows_the_base_as_before) {
  refund(RefundStep::requested);
  host.restart();
  draw("15001");
  EXPECT_EQ(told(), "1 50 15001");
  host.restart();
  refund(RefundStep::rejected);
  draw("14999");
  EXPECT_EQ(told(), "1 50 15001");
  host.restart();
  draw("1");
  EXPECT_EQ(told(), "1 50 15001,2 50 30001");
}

}  // namespace
}  // namespace packwarden::testing
