#include <gtest/gtest.h>

#include "domain/money.h"
#include "store/deployment.h"
#include "store/mysql_ledger.h"
#include "store/mysql_reports.h"
#include "support/test_database.h"
#include "usecases/account_commands.h"
#include "usecases/in_doubt.h"
#include "usecases/money_commands.h"
#include "usecases/pack_commands.h"
#include "usecases/postpaid_commands.h"
#include "usecases/refund_commands.h"
#include "usecases/world.h"

namespace packwarden {
namespace {

const Instant noon = Instant::from_micros(1'700'020'800'000'000);

std::string code_of(const CommandOutcome& outcome) {
  return outcome ? "" : outcome.error().code;
}

class Commands : public ::testing::Test {
 protected:
  Commands() {
    Product product;
    product.name = "captcha";
    product.tiers = {{"trial", 20'000, 0, true}, {"30k", 30'000, 300'000'000, false}};
    product.notice_levels_percent = {50, 90};
    product.postpaid_prices = {{beginning_of_days, 5'000}};
    catalogue.products.push_back(product);
    intern_catalogue(database.session(), catalogue);
  }

  CommandOutcome add(const std::vector<std::string>& names, const std::string& id = {}) {
    return add_accounts(ledger, names, "en", Instant::earliest(),
                        id.empty() ? new_request_id() : id);
  }
  CommandOutcome verify(const std::vector<std::string>& names) {
    return learn(names, {AccountFactKind::identity_verified});
  }
  CommandOutcome learn(const std::vector<std::string>& names,
                       const std::vector<AccountFactKind>& kinds, Instant now = noon) {
    return packwarden::learn(ledger, context, names, kinds, now, new_request_id());
  }
  void add_verified(const std::vector<std::string>& names) {
    ASSERT_TRUE(add(names));
    ASSERT_TRUE(verify(names));
  }
  CommandOutcome add_sub(const std::string& account, const std::vector<std::string>& names) {
    return add_sub_accounts(ledger, account, names, Instant::earliest(), new_request_id());
  }
  CommandOutcome trial(const std::vector<std::string>& accounts, const std::string& id = {}) {
    return claim_trials(ledger, context, {"captcha", accounts, noon},
                        id.empty() ? new_request_id() : id);
  }
  CommandOutcome top_up(const std::string& account, MoneyMicros amount,
                        const std::string& reference, const std::string& id = {}) {
    return top_up_balance(ledger, context, {account, amount, reference, noon},
                          id.empty() ? new_request_id() : id);
  }
  // Paid from outside, under a reference of its own.
  CommandOutcome buy(const std::string& tier, const std::vector<std::string>& accounts,
                     const std::string& id = {}, Instant now = noon) {
    const std::string request = id.empty() ? new_request_id() : id;
    return buy_paid_by("payment of " + request, tier, accounts, request, now);
  }
  CommandOutcome buy_from_balance(const std::string& tier,
                                  const std::vector<std::string>& accounts) {
    return buy_paid_by("", tier, accounts, new_request_id());
  }
  CommandOutcome buy_paid_by(const std::string& reference, const std::string& tier,
                             const std::vector<std::string>& accounts,
                             const std::string& request_id, Instant now = noon) {
    return buy_packs(ledger, context, {"captcha", accounts, now, reference}, tier, request_id);
  }
  CommandOutcome postpaid(bool on, const std::vector<std::string>& accounts) {
    return switch_postpaid(ledger, context, {"captcha", accounts, on, noon}, new_request_id());
  }
  std::string postpaid_steps() {
    return database.value(
        "SELECT GROUP_CONCAT(step ORDER BY seq SEPARATOR ' ') FROM postpaid_change");
  }
  std::string balance(const std::string& account) {
    return database.value(
        "SELECT balance_micros FROM money_balance b JOIN account a ON"
        " a.account_id = b.account_id WHERE a.name = '" +
        account + "'");
  }
  // Balances that are not what the journals say.
  std::string wrong_balances() {
    return database.value(
        "SELECT COUNT(*) FROM money_balance b WHERE balance_micros <> (SELECT SUM(amount_micros)"
        " FROM journal j WHERE j.account_id = b.account_id)");
  }
  std::string count(const std::string& table) {
    return database.value("SELECT COUNT(*) FROM " + table);
  }

  TestDatabase database;
  MySqlLedger ledger{database.address()};
  Catalogue catalogue;
  BusinessCalendar calendar = BusinessCalendar::for_zone("Asia/Shanghai").value();
  BillingContext context{&catalogue, &calendar, testing::shipped_notices()};
};

TEST_F(Commands, names_are_unique_over_main_and_sub_accounts) {
  ASSERT_TRUE(add({"acme", "网易"}));
  ASSERT_TRUE(add_sub("acme", {"acme-web"}));
  EXPECT_EQ(code_of(add({"acme-web"})), "name_taken");
  EXPECT_EQ(code_of(add_sub("网易", {"acme"})), "name_taken");
  EXPECT_EQ(code_of(add({"new", "new"})), "name_taken");
  EXPECT_EQ(count("account"), "3");
}

TEST_F(Commands, names_are_added_all_or_none) {
  EXPECT_EQ(code_of(add({"good", " bad"})), "bad_name");
  EXPECT_EQ(count("account"), "0");
  EXPECT_EQ(database.value("SELECT seq FROM ledger_sequence"), "0");
}

TEST_F(Commands, names_that_cannot_be) {
  const std::string too_long(129, 'a');
  for (const std::string& name :
       {std::string(), too_long, std::string("tab\there"), std::string("\xFF"), std::string("end "),
        std::string("\u3000x"), std::string("\xED\xA0\x80"), std::string("x\u0085y")}) {
    EXPECT_EQ(code_of(add({name})), "bad_name") << name;
  }
  EXPECT_TRUE(add({std::string(128, 'a'), "with space inside", "o'brien\\"}));
}

TEST_F(Commands, names_get_dense_ids) {
  EXPECT_EQ(add({"a", "b"})->first_id, 1U);
  EXPECT_EQ(add_sub("a", {"c"})->first_id, 3U);
  EXPECT_EQ(database.value("SELECT parent_account_id FROM account WHERE name = 'c'"), "1");
}

TEST_F(Commands, names_of_sub_accounts_need_a_main_account) {
  ASSERT_TRUE(add({"acme"}));
  ASSERT_TRUE(add_sub("acme", {"acme-web"}));
  EXPECT_EQ(code_of(add_sub("nobody", {"x"})), "unknown_account");
  EXPECT_EQ(code_of(add_sub("acme-web", {"x"})), "sub_account");
}

TEST_F(Commands, P1_unknown_and_sub_accounts_cannot_buy) {
  add_verified({"acme"});
  ASSERT_TRUE(add_sub("acme", {"acme-web"}));
  EXPECT_EQ(code_of(buy("30k", {"acme", "nobody"})), "unknown_account");
  EXPECT_EQ(code_of(buy("30k", {"acme-web"})), "sub_account");
  EXPECT_EQ(code_of(buy("31k", {"acme"})), "unknown_tier");
  EXPECT_EQ(count("pack"), "0");
}

TEST_F(Commands, P1_packs_of_many_accounts_are_bought_at_once) {
  add_verified({"a", "b"});
  const auto done = buy("30k", {"b", "a"});
  ASSERT_TRUE(done);
  EXPECT_EQ(done->count, 2U);
  EXPECT_EQ(database.value("SELECT GROUP_CONCAT(account_id ORDER BY pack_id) FROM pack"), "2,1");
  EXPECT_EQ(database.value("SELECT expires_at FROM pack LIMIT 1"), "2024-11-15 04:00:00.000000");
  EXPECT_EQ(count("pack_balance"), "2");
}

TEST_F(Commands, P1_buying_needs_a_verified_identity) {
  ASSERT_TRUE(add({"a", "b"}));
  ASSERT_TRUE(verify({"b"}));
  EXPECT_EQ(code_of(buy("30k", {"b", "a"})), "unverified");
  EXPECT_EQ(count("pack"), "0");
  EXPECT_EQ(count("payment"), "0");
  ASSERT_TRUE(verify({"a"}));
  EXPECT_TRUE(buy("30k", {"b", "a"}));
}

TEST_F(Commands, B3_each_integration_is_stored_once) {
  using Kind = AccountFactKind;
  ASSERT_TRUE(add({"a", "b"}));
  ASSERT_TRUE(learn({"a"}, {Kind::client_integrated}));
  EXPECT_EQ(code_of(learn({"b", "a"}, {Kind::client_integrated, Kind::server_integrated})),
            "known_before");
  EXPECT_EQ(count("account_fact"), "1");
  EXPECT_TRUE(learn({"a"}, {Kind::server_integrated}));
  EXPECT_TRUE(learn({"b"}, {Kind::client_integrated, Kind::server_integrated}));
  EXPECT_EQ(count("account_fact"), "4");
}

TEST_F(Commands, O11_a_closed_account_gets_no_packs_and_no_sub_accounts) {
  add_verified({"a"});
  ASSERT_TRUE(add_sub("a", {"a-web"}));
  ASSERT_TRUE(learn({"a"}, {AccountFactKind::closed}));
  EXPECT_EQ(code_of(buy("30k", {"a"})), "closed_account");
  EXPECT_EQ(code_of(trial({"a"})), "closed_account");
  EXPECT_EQ(code_of(add_sub("a", {"a-shop"})), "closed_account");
  EXPECT_EQ(code_of(learn({"a"}, {AccountFactKind::closed})), "known_before");
  EXPECT_TRUE(top_up("a", 1, "bank-1")) << "what is owed can still be paid";
}

TEST_F(Commands, O4_each_purchase_switches_postpaid_on_where_money_is_left) {
  add_verified({"a"});
  ASSERT_TRUE(buy("30k", {"a"}));
  EXPECT_EQ(postpaid_steps(), "failed") << "visibly, and the purchase stands";
  EXPECT_EQ(count("pack"), "1");
  ASSERT_TRUE(top_up("a", 300'000'001, "bank-1"));
  ASSERT_TRUE(buy_from_balance("30k", {"a"}));
  EXPECT_EQ(postpaid_steps(), "failed on");
  ASSERT_TRUE(buy("30k", {"a"}));
  EXPECT_EQ(postpaid_steps(), "failed on") << "it is on already";
  ASSERT_TRUE(postpaid(false, {"a"}));
  ASSERT_TRUE(buy("30k", {"a"}));
  EXPECT_EQ(postpaid_steps(), "failed on off on");
  EXPECT_EQ(database.value("SELECT GROUP_CONCAT(kind ORDER BY seq SEPARATOR ' ') FROM notice"),
            "postpaid_failed postpaid_on postpaid_on");
}

TEST_F(Commands, O4_switching_on_needs_a_bought_pack_and_money) {
  add_verified({"a", "b"});
  EXPECT_EQ(code_of(postpaid(true, {"a"})), "no_bought_pack");
  ASSERT_TRUE(trial({"a"}));
  ASSERT_TRUE(top_up("a", 1, "bank-1"));
  EXPECT_EQ(code_of(postpaid(true, {"a"})), "no_bought_pack") << "a trial is not bought";
  ASSERT_TRUE(buy("30k", {"b"}));
  EXPECT_EQ(code_of(postpaid(true, {"b"})), "no_money");
  ASSERT_TRUE(top_up("b", 1, "bank-2"));
  EXPECT_TRUE(postpaid(true, {"b"}));
  EXPECT_EQ(code_of(postpaid(true, {"b"})), "already_on");
  EXPECT_TRUE(postpaid(false, {"b"}));
  EXPECT_EQ(code_of(postpaid(false, {"b"})), "already_off");
  EXPECT_EQ(code_of(postpaid(true, {"nobody"})), "unknown_account");
}

TEST_F(Commands, O9_O10_service_states_are_stored_with_their_instants) {
  add_verified({"a"});
  ASSERT_TRUE(trial({"a"}));
  ASSERT_TRUE(buy("30k", {"a"}, "", noon + Span::days(30)));
  ASSERT_TRUE(learn({"a"}, {AccountFactKind::closed}, noon + Span::days(31)));
  EXPECT_EQ(database.value("SELECT GROUP_CONCAT(CONCAT(covered_by, ' ', reason, ' ',"
                           " DATE_FORMAT(changed_at, '%m-%d')) ORDER BY seq, change_no SEPARATOR"
                           " ', ') FROM service_change"),
            "packs  11-15, none trial_expired 11-22, packs  12-15, none closed_account 12-16");
  EXPECT_EQ(database.value("SELECT GROUP_CONCAT(kind ORDER BY seq, kind SEPARATOR ' ') FROM notice"
                           " WHERE kind LIKE 'service%'"),
            "service_resumed service_stopped service_stopped");
}

TEST_F(Commands, N4_language_and_addresses_are_checked_and_replaced) {
  using Kind = AccountDetailKind;
  ASSERT_TRUE(add({"a"}));
  const auto set = [&](Kind kind, const std::string& value) {
    const AccountDetail detail{{}, kind, value};
    return code_of(
        set_details(ledger, "a", std::span(&detail, 1), {}, Instant::earliest(), new_request_id()));
  };
  EXPECT_EQ(set(Kind::language, "fr"), "bad_language");
  for (const std::string bad : {"a", "@b", "a@", "a@b@c", "a@b\r\nBcc: c@d", "<a@b>", "a @b"}) {
    EXPECT_EQ(set(Kind::email, bad), "bad_email") << bad;
  }
  for (const std::string bad : {"13812345678", "+12345", "+1234567890123456", "+86 138"}) {
    EXPECT_EQ(set(Kind::phone, bad), "bad_phone") << bad;
  }
  EXPECT_EQ(count("account_detail"), "0");
  EXPECT_EQ(set(Kind::language, "zh-CN"), "");
  EXPECT_EQ(set(Kind::email, "old@example.com"), "");
  EXPECT_EQ(set(Kind::email, "计费@example.com"), "");
  EXPECT_EQ(set(Kind::phone, "+8613812345678"), "");
  EXPECT_EQ(set(Kind::phone, ""), "");
  MySqlReports reports(database.address());
  std::string all;
  for (const AccountDetail& detail : reports.details(*reports.find_account("a"))) {
    all += std::string(name_of(detail.kind)) + "=" + detail.value + " ";
  }
  EXPECT_EQ(all, "language=zh-CN email=计费@example.com ");
}

TEST_F(Commands, N4_webhooks_and_choices_are_checked_and_kept_in_one_form) {
  ASSERT_TRUE(add({"a", "b"}));
  const auto webhook = [&](const std::string& value) {
    const AccountDetail detail{{}, AccountDetailKind::webhook, value};
    return code_of(
        set_details(ledger, "a", std::span(&detail, 1), {}, Instant::earliest(), new_request_id()));
  };
  EXPECT_EQ(webhook("http://example.com/"), "bad_webhook");
  EXPECT_EQ(webhook("https://example.com/n'); DROP TABLE account; --"), "bad_webhook");
  EXPECT_EQ(webhook("https://example.com/n';--"), "") << "a quote may stand in a URL";
  const auto choose = [&](MuteChange choices) {
    return code_of(set_details(ledger, "a", {}, choices, Instant::earliest(), new_request_id()));
  };
  const auto kept = [&] {
    return database.value(
        "SELECT COALESCE(MAX(value), 'none') FROM account_detail WHERE kind = "
        "'muted'");
  };
  EXPECT_EQ(choose({}), "nothing_to_do");
  EXPECT_EQ(choose({{"bill/inbox"}, {}}), "bad_muted");
  EXPECT_EQ(choose({{""}, {}}), "bad_muted");
  EXPECT_EQ(kept(), "none");
  EXPECT_EQ(choose({{"bill/webhook", "bill/sms", "pack_usage/*"}, {}}), "");
  EXPECT_EQ(kept(), "pack_usage/* bill/sms bill/webhook");
  EXPECT_EQ(choose({{"arrears/sms"}, {"bill/sms", "pack_usage/email"}}), "");
  EXPECT_EQ(kept(), "pack_usage/sms pack_usage/webhook arrears/sms bill/webhook");
  const auto contacts = [&] {
    std::vector<Contacts> all;
    ledger.transact("test", Instant::earliest(), [&](LedgerTransaction& tx) {
      const std::array ids{AccountId{1}, AccountId{2}};
      all = tx.contacts_of(ids);
      return Verdict::roll_back;
    });
    return all;
  }();
  ASSERT_EQ(contacts.size(), 2U);
  EXPECT_EQ(contacts[0].webhook, "https://example.com/n';--");
  EXPECT_TRUE(contacts[0].muted.has(NoticeKind::arrears, Medium::sms));
  EXPECT_EQ(contacts[1].language, contacts[0].language);
  EXPECT_EQ(contacts[1].webhook, "");
  EXPECT_EQ(contacts[1].muted, MutedNotices());
}

TEST_F(Commands, P1_an_identity_is_verified_once_and_of_main_accounts) {
  add_verified({"a"});
  ASSERT_TRUE(add_sub("a", {"a-web"}));
  EXPECT_EQ(code_of(verify({"a"})), "known_before");
  EXPECT_EQ(code_of(verify({"a-web"})), "sub_account");
  EXPECT_EQ(code_of(verify({"nobody"})), "unknown_account");
  EXPECT_EQ(count("account_fact"), "1");
}

TEST_F(Commands, P6_a_pack_is_paid_from_the_balance_or_refused) {
  add_verified({"a"});
  EXPECT_EQ(code_of(buy_from_balance("30k", {"a"})), "balance_too_low");
  ASSERT_TRUE(top_up("a", 300'000'000 - 1, "bank-1"));
  EXPECT_EQ(code_of(buy_from_balance("30k", {"a"})), "balance_too_low");
  ASSERT_TRUE(top_up("a", 1, "bank-2"));
  ASSERT_TRUE(buy_from_balance("30k", {"a"}));
  EXPECT_EQ(balance("a"), "0");
  EXPECT_EQ(count("pack"), "1");
  EXPECT_EQ(wrong_balances(), "0");
}

TEST_F(Commands, P6_a_payment_from_outside_is_booked_in_and_out) {
  add_verified({"a"});
  ASSERT_TRUE(buy_paid_by("alipay-77", "30k", {"a"}, "r1"));
  EXPECT_EQ(balance("a"), "0");
  EXPECT_EQ(database.value("SELECT GROUP_CONCAT(kind, ' ', reference, ' ', contra_book, ' ',"
                           " amount_micros ORDER BY journal_no SEPARATOR '; ') FROM journal"),
            "payment alipay-77 payments 300000000; purchase 30k sales -300000000");
  EXPECT_EQ(wrong_balances(), "0");
}

TEST_F(Commands, P6_a_payment_works_once) {
  add_verified({"a", "b"});
  ASSERT_TRUE(buy_paid_by("alipay-77", "30k", {"a"}, "r1"));
  EXPECT_EQ(code_of(buy_paid_by("alipay-77", "30k", {"a"}, "r2")), "reference_used");
  EXPECT_EQ(code_of(buy_paid_by("alipay-77", "30k", {"b"}, "r3")), "reference_used");
  EXPECT_EQ(code_of(top_up("b", 1, "alipay-77")), "reference_used");
  EXPECT_TRUE(buy_paid_by("alipay-77", "30k", {"a"}, "r1")->repeated);
  EXPECT_EQ(code_of(buy_paid_by("alipay-78", "30k", {"a"}, "r1")), "request_conflict");
  EXPECT_EQ(count("pack"), "1");
}

TEST_F(Commands, P6_balance_pack_and_journal_change_together_or_not_at_all) {
  add_verified({"a", "b"});
  ASSERT_TRUE(top_up("a", 300'000'000, "bank-1"));
  const std::string before = database.value("SELECT seq FROM ledger_sequence");
  EXPECT_EQ(code_of(buy_from_balance("30k", {"a", "b"})), "balance_too_low");
  EXPECT_EQ(database.value("SELECT seq FROM ledger_sequence"), before);
  EXPECT_EQ(balance("a"), "300000000");
  EXPECT_EQ(count("pack"), "0");
  EXPECT_EQ(count("journal"), "1");
}

TEST_F(Commands, P6_top_ups_that_cannot_be) {
  ASSERT_TRUE(add({"a"}));
  ASSERT_TRUE(add_sub("a", {"a-web"}));
  EXPECT_EQ(code_of(top_up("nobody", 1, "r")), "unknown_account");
  EXPECT_EQ(code_of(top_up("a-web", 1, "r")), "sub_account");
  EXPECT_EQ(code_of(top_up("a", 0, "r")), "nothing_to_do");
  EXPECT_EQ(code_of(top_up("a", -1, "r")), "nothing_to_do");
  for (const std::string& reference :
       {std::string(), std::string(129, 'x'), std::string("tab\t"), std::string("\xFF")}) {
    EXPECT_EQ(code_of(top_up("a", 1, reference)), "bad_reference") << reference;
  }
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(top_up("a", 1'000'000'000'000'000'000, "bank-" + std::to_string(i)));
  }
  EXPECT_EQ(code_of(top_up("a", 1, "one more")), "balance_too_high");
  EXPECT_EQ(wrong_balances(), "0");
}

TEST_F(Commands, P8_a_refund_that_the_balance_cannot_hold_is_refused) {
  add_verified({"a"});
  ASSERT_TRUE(buy("30k", {"a"}));
  const auto step = [&](RefundStep wanted) {
    return take_refund_step(ledger, context, {PackId{1}, wanted, "", noon}, new_request_id());
  };
  ASSERT_TRUE(step(RefundStep::requested));
  ASSERT_TRUE(step(RefundStep::approved));
  ASSERT_TRUE(step(RefundStep::ordered));
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(top_up("a", max_amount_micros, "bank-" + std::to_string(i)));
  }
  ASSERT_TRUE(top_up("a", max_amount_micros - 299'999'999, "bank-3"));
  EXPECT_EQ(code_of(step(RefundStep::completed)), "balance_too_high");
  EXPECT_EQ(wrong_balances(), "0");
}

TEST_F(Commands, P9_a_top_up_is_booked_once_also_where_its_commit_was_not_answered) {
  ASSERT_TRUE(add({"a"}));
  testing::InDoubt in_doubt(ledger);
  ASSERT_TRUE(top_up_balance(in_doubt, context, {"a", 5, "bank-1", noon}, "r1"));
  EXPECT_TRUE(top_up("a", 5, "bank-1", "r1")->repeated);
  EXPECT_EQ(code_of(top_up("a", 6, "bank-1", "r1")), "request_conflict");
  EXPECT_EQ(balance("a"), "5");
  EXPECT_EQ(wrong_balances(), "0");
}

TEST_F(Commands, P2_a_trial_is_given_once_and_before_the_first_pack) {
  ASSERT_TRUE(add({"a", "b"}));
  ASSERT_TRUE(verify({"b"}));
  ASSERT_TRUE(trial({"a"}));
  EXPECT_EQ(code_of(trial({"a"})), "trial_claimed");
  ASSERT_TRUE(buy("30k", {"b"}));
  EXPECT_EQ(code_of(trial({"b"})), "trial_not_new");
  EXPECT_EQ(count("pack"), "2");
}

TEST_F(Commands, P2_a_sub_account_has_no_trial) {
  ASSERT_TRUE(add({"a"}));
  ASSERT_TRUE(add_sub("a", {"a-web"}));
  EXPECT_EQ(code_of(trial({"a-web"})), "sub_account");
}

TEST_F(Commands, P9_the_same_request_gives_the_stored_result) {
  ASSERT_TRUE(add({"a"}, "first"));
  ASSERT_TRUE(verify({"a"}));
  const auto bought = buy("30k", {"a"}, "request-1");
  ASSERT_TRUE(bought);
  EXPECT_FALSE(bought->repeated);
  const auto again = buy("30k", {"a"}, "request-1", noon + Span::days(1));
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->repeated);
  EXPECT_EQ(again->first_id, bought->first_id);
  EXPECT_EQ(again->count, 1U);
  EXPECT_EQ(count("pack"), "1");
}

TEST_F(Commands, P9_a_repeated_top_up_gives_the_balance_of_then) {
  ASSERT_TRUE(add({"a"}));
  EXPECT_EQ(top_up("a", 51'000'000, "bank-1", "x")->balance_micros, 51'000'000);
  EXPECT_EQ(top_up("a", 5'000'000, "bank-2", "y")->balance_micros, 56'000'000);
  const CommandOutcome again = top_up("a", 51'000'000, "bank-1", "x");
  EXPECT_TRUE(again->repeated);
  EXPECT_EQ(again->balance_micros, 51'000'000);
}
TEST_F(Commands, P9_a_result_that_was_stored_before_there_were_figures_can_be_read) {
  ASSERT_TRUE(add({"a"}));
  ASSERT_TRUE(top_up("a", 5, "bank-1", "x"));
  database.session().execute("UPDATE command SET result = '3 7' WHERE request_id = 'x'");
  const CommandOutcome again = top_up("a", 5, "bank-1", "x");
  EXPECT_TRUE(again->repeated);
  EXPECT_EQ(again->count, 3U);
  EXPECT_EQ(again->first_id, 7U);
  EXPECT_EQ(again->balance_micros, std::nullopt);
}
TEST_F(Commands, P9_other_content_under_the_same_id_is_a_conflict) {
  ASSERT_TRUE(add({"a", "b"}, "first"));
  EXPECT_EQ(code_of(add({"c"}, "first")), "request_conflict");
  EXPECT_EQ(code_of(trial({"a"}, "first")), "request_conflict");
  EXPECT_EQ(count("account"), "2");
}

TEST_F(Commands, P9_a_refusal_is_not_stored) {
  EXPECT_EQ(code_of(trial({"a"}, "request-1")), "unknown_account");
  ASSERT_TRUE(add({"a"}));
  const auto later = trial({"a"}, "request-1");
  ASSERT_TRUE(later);
  EXPECT_FALSE(later->repeated);
}

TEST_F(Commands, P9_a_request_id_is_printable) {
  EXPECT_EQ(code_of(add({"a"}, "with space")), "bad_request_id");
  EXPECT_EQ(code_of(add({"a"}, std::string(129, 'x'))), "bad_request_id");
  EXPECT_NE(new_request_id(), new_request_id());
}

TEST_F(Commands, P9_an_unanswered_commit_is_found_again) {
  testing::InDoubt in_doubt(ledger);
  const std::vector<std::string> names{"a"};
  const auto done = add_accounts(in_doubt, names, "en", Instant::earliest(), new_request_id());
  ASSERT_TRUE(done);
  EXPECT_FALSE(done->repeated);
  EXPECT_EQ(count("account"), "1");
}

}  // namespace
}  // namespace packwarden
