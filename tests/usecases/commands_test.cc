#include <gtest/gtest.h>

#include "store/deployment.h"
#include "store/mysql_ledger.h"
#include "support/test_database.h"
#include "usecases/account_commands.h"
#include "usecases/in_doubt.h"
#include "usecases/pack_commands.h"

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
    catalogue.products.push_back(product);
    intern_catalogue(database.session(), catalogue);
  }

  CommandOutcome add(const std::vector<std::string>& names, const std::string& id = {}) {
    return add_accounts(ledger, names, "en", id.empty() ? new_request_id() : id);
  }
  CommandOutcome add_sub(const std::string& account, const std::vector<std::string>& names) {
    return add_sub_accounts(ledger, account, names, new_request_id());
  }
  CommandOutcome trial(const std::vector<std::string>& accounts, const std::string& id = {}) {
    return claim_trials(ledger, catalogue, {"captcha", accounts, noon},
                        id.empty() ? new_request_id() : id);
  }
  CommandOutcome buy(const std::string& tier, const std::vector<std::string>& accounts,
                     const std::string& id = {}, Instant now = noon) {
    return buy_packs(ledger, catalogue, BusinessCalendar::for_zone("Asia/Shanghai").value(),
                     {"captcha", accounts, now}, tier, id.empty() ? new_request_id() : id);
  }
  std::string count(const std::string& table) {
    return database.value("SELECT COUNT(*) FROM " + table);
  }

  TestDatabase database;
  MySqlLedger ledger{database.address()};
  Catalogue catalogue;
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
  ASSERT_TRUE(add({"acme"}));
  ASSERT_TRUE(add_sub("acme", {"acme-web"}));
  EXPECT_EQ(code_of(buy("30k", {"acme", "nobody"})), "unknown_account");
  EXPECT_EQ(code_of(buy("30k", {"acme-web"})), "sub_account");
  EXPECT_EQ(code_of(buy("31k", {"acme"})), "unknown_tier");
  EXPECT_EQ(count("pack"), "0");
}

TEST_F(Commands, P1_packs_of_many_accounts_are_bought_at_once) {
  ASSERT_TRUE(add({"a", "b"}));
  const auto done = buy("30k", {"b", "a"});
  ASSERT_TRUE(done);
  EXPECT_EQ(done->count, 2U);
  EXPECT_EQ(database.value("SELECT GROUP_CONCAT(account_id ORDER BY pack_id) FROM pack"), "2,1");
  EXPECT_EQ(database.value("SELECT expires_at FROM pack LIMIT 1"), "2024-11-15 04:00:00.000000");
  EXPECT_EQ(count("pack_balance"), "2");
}

TEST_F(Commands, P2_a_trial_is_given_once_and_before_the_first_pack) {
  ASSERT_TRUE(add({"a", "b"}));
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
  const auto done = add_accounts(in_doubt, names, "en", new_request_id());
  ASSERT_TRUE(done);
  EXPECT_FALSE(done->repeated);
  EXPECT_EQ(count("account"), "1");
}

}  // namespace
}  // namespace packwarden
