// P9: commands of many names, in one ledger transaction or in pieces.

#include <gtest/gtest.h>

#include "store/deployment.h"
#include "store/mysql_ledger.h"
#include "support/test_database.h"
#include "usecases/account_commands.h"
#include "usecases/in_doubt.h"
#include "usecases/money_commands.h"
#include "usecases/pack_commands.h"
#include "usecases/world.h"

namespace packwarden {
namespace {

const Instant noon = Instant::from_micros(1'700'020'800'000'000);

// Breaks off before a transaction, as a database that goes away.
class GoingAway : public testing::InDoubt {
 public:
  GoingAway(Ledger& ledger, int transactions)
      : InDoubt(ledger), ledger_(&ledger), left_(transactions) {}
  std::optional<Sequence> transact(const char* kind, std::optional<Instant> as_of,
                                   const Work& work) override {
    if (left_-- == 0) throw LedgerUnavailable("the database is away");
    return ledger_->transact(kind, as_of, work);
  }

 private:
  Ledger* ledger_;
  int left_;
};

std::string code_of(const CommandOutcome& outcome) {
  return outcome ? "" : outcome.error().code;
}

std::string refused(const CommandOutcome& outcome) {
  std::string text;
  for (const RefusedName& one : outcome->refused) {
    text += (text.empty() ? "" : ", ") + one.name + " " + one.why.code;
  }
  return text;
}

class ManyNames : public ::testing::Test {
 protected:
  ManyNames() {
    Product product;
    product.name = "captcha";
    product.tiers = {{"trial", 20'000, 0, true}, {"30k", 30'000, 300'000'000, false}};
    product.notice_levels_percent = {50, 90};
    catalogue.products.push_back(product);
    intern_catalogue(database.session(), catalogue);
    context.limits = {3, 4};
  }
  CommandOutcome add(Ledger& on, const std::vector<std::string>& names, const std::string& id) {
    return add_accounts(on, names, "en", noon, id, context.limits);
  }
  CommandOutcome add(const std::vector<std::string>& names) {
    return add(ledger, names, new_request_id());
  }
  CommandOutcome verify(const std::vector<std::string>& names) {
    const std::vector kinds{AccountFactKind::identity_verified};
    return learn(ledger, context, names, kinds, noon, new_request_id());
  }
  CommandOutcome trial(const std::vector<std::string>& names, const std::string& id) {
    return claim_trials(ledger, context, {"captcha", names, noon}, id);
  }
  CommandOutcome buy(const std::vector<std::string>& names, const std::string& tier,
                     const std::string& paid_by = {}) {
    return buy_packs(ledger, context, {"captcha", names, noon, paid_by}, tier, new_request_id());
  }
  void give_money(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      ASSERT_TRUE(top_up_balance(ledger, context, {name, 900'000'000, "of " + name, noon},
                                 new_request_id()));
    }
  }
  std::string count(const std::string& what) {
    return database.value("SELECT COUNT(*) FROM " + what);
  }

  TestDatabase database;
  MySqlLedger ledger{database.address()};
  Catalogue catalogue;
  BusinessCalendar calendar = BusinessCalendar::for_zone("Asia/Shanghai").value();
  BillingContext context{&catalogue, &calendar, testing::shipped_notices()};
};

TEST_F(ManyNames, P9_up_to_the_limit_all_names_are_done_or_none) {
  EXPECT_EQ(code_of(add({"a", " bad", "c"})), "bad_name");
  EXPECT_EQ(count("account"), "0");
  const auto done = add({"a", "b", "c"});
  ASSERT_TRUE(done);
  EXPECT_EQ(done->count, 3U);
  EXPECT_EQ(count("ledger_transaction"), "1");
}

TEST_F(ManyNames, P9_above_the_limit_names_that_are_refused_are_listed_and_the_others_stand) {
  ASSERT_TRUE(add({"taken"}));
  const auto done = add(ledger, {"a", " bad", "c", "taken", "e", "f", "g"}, "many");
  ASSERT_TRUE(done);
  EXPECT_EQ(done->count, 5U);
  EXPECT_FALSE(done->repeated);
  EXPECT_EQ(refused(done), " bad bad_name, taken name_taken");
  EXPECT_EQ(count("account"), "6");
  EXPECT_EQ(database.value("SELECT GROUP_CONCAT(piece ORDER BY seq) FROM command WHERE request_id ="
                           " 'many'"),
            "0,1,2");
  const auto again = add(ledger, {"a", " bad", "c", "taken", "e", "f", "g"}, "many");
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->repeated);
  EXPECT_EQ(again->count, 5U);
  EXPECT_EQ(refused(again), " bad bad_name, taken name_taken");
  EXPECT_EQ(count("account"), "6");
  EXPECT_EQ(code_of(add(ledger, {"a", "b", "c", "d"}, "many")), "request_conflict");
}

TEST_F(ManyNames, P9_a_repeat_goes_on_where_it_stopped) {
  const std::vector<std::string> names{"a", "b", "c", "d", "e", "f", "g", "h"};
  GoingAway away(ledger, 2);
  EXPECT_THROW(add(away, names, "many"), LedgerUnavailable);
  EXPECT_EQ(count("account"), "6");
  const auto done = add(ledger, names, "many");
  ASSERT_TRUE(done);
  EXPECT_EQ(done->count, 8U);
  EXPECT_FALSE(done->repeated);
  EXPECT_EQ(refused(done), "");
  EXPECT_EQ(count("account"), "8");
}

TEST_F(ManyNames, P9_pieces_stay_as_they_were_cut_whatever_the_limit_is_now) {
  const std::vector<std::string> names{"a", "b", "c", "d", "e", "f", "g", "h"};
  GoingAway away(ledger, 1);
  EXPECT_THROW(add(away, names, "many"), LedgerUnavailable);
  context.limits.names_at_once = 100;
  const auto done = add(ledger, names, "many");
  ASSERT_TRUE(done);
  EXPECT_EQ(done->count, 8U);
  EXPECT_EQ(count("command WHERE request_id = 'many'"), "3");
}

TEST_F(ManyNames, P9_an_unanswered_commit_of_a_piece_is_found_again) {
  testing::InDoubt in_doubt(ledger);
  const auto done = add(in_doubt, {"a", "b", "c", "d"}, "many");
  ASSERT_TRUE(done);
  EXPECT_FALSE(done->repeated);
  EXPECT_EQ(done->count, 4U);
  EXPECT_EQ(count("account"), "4");
}

TEST_F(ManyNames, P9_a_name_that_is_given_in_two_pieces_counts_once) {
  ASSERT_TRUE(add({"a", "b", "c", "d"}));
  ASSERT_TRUE(verify({"a", "b", "c", "d"}));
  give_money({"a", "b", "c", "d"});
  const auto done = buy({"a", "b", "c", "d", "a"}, "30k");
  ASSERT_TRUE(done);
  EXPECT_EQ(done->count, 4U);
  EXPECT_EQ(refused(done), "a named_twice");
  EXPECT_EQ(count("pack"), "4");
  EXPECT_EQ(count("money_balance WHERE balance_micros = 600000000"), "4");
}

TEST_F(ManyNames, P9_each_name_of_a_large_order_is_bought_or_refused_alone) {
  ASSERT_TRUE(add({"a", "b", "c", "d", "e"}));
  ASSERT_TRUE(verify({"a", "c", "d", "e"}));
  give_money({"a", "b", "d", "e"});
  const auto done = buy({"a", "b", "c", "d", "e"}, "30k");
  ASSERT_TRUE(done);
  EXPECT_EQ(done->count, 3U);
  EXPECT_EQ(refused(done), "b unverified, c balance_too_low");
  EXPECT_EQ(count("pack"), "3");
  EXPECT_EQ(count("journal WHERE kind = 'purchase'"), "3");
}

TEST_F(ManyNames, P9_an_order_that_is_wrong_is_refused_as_a_whole) {
  ASSERT_TRUE(add({"a", "b", "c", "d"}));
  ASSERT_TRUE(verify({"a", "b", "c", "d"}));
  const std::string before = count("command");
  EXPECT_EQ(code_of(buy({"a", "b", "c", "d"}, "31k")), "unknown_tier");
  EXPECT_EQ(count("command"), before);
}

TEST_F(ManyNames, P9_an_order_paid_from_outside_is_one_transaction_of_a_bounded_number_of_names) {
  ASSERT_TRUE(add({"a", "b", "c", "d", "e"}));
  ASSERT_TRUE(verify({"a", "b", "c", "d"}));
  EXPECT_EQ(code_of(buy({"a", "b", "c", "d", "e"}, "30k", "order 1")), "too_many_names");
  EXPECT_EQ(code_of(buy({"a", "b", "c", "e"}, "30k", "order 1")), "unverified");
  EXPECT_EQ(count("pack"), "0");
  const auto done = buy({"a", "b", "c", "d"}, "30k", "order 1");
  ASSERT_TRUE(done);
  EXPECT_EQ(database.value("SELECT COUNT(DISTINCT seq) FROM pack"), "1");
}

TEST_F(ManyNames, P2_P9_trials_of_many_accounts_see_what_each_holds) {
  ASSERT_TRUE(add({"a", "b", "c", "d", "e"}));
  ASSERT_TRUE(trial({"b", "d"}, "some"));
  const auto done = trial({"a", "b", "c", "d", "e"}, "all");
  ASSERT_TRUE(done);
  EXPECT_EQ(done->count, 3U);
  EXPECT_EQ(refused(done), "b trial_claimed, d trial_claimed");
  EXPECT_EQ(count("pack"), "5");
}

}  // namespace
}  // namespace packwarden
