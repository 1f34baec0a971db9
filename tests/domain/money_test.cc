#include "domain/money.h"

#include <gtest/gtest.h>

#include "domain/held_sum.h"
#include "domain/journal.h"
#include "domain/shown_text.h"

namespace packwarden {
namespace {

TEST(ParseMoney, is_exact_to_a_micro_unit) {
  EXPECT_EQ(parse_money("300"), 300'000'000);
  EXPECT_EQ(parse_money("0.005"), 5'000);
  EXPECT_EQ(parse_money("0.000001"), 1);
  EXPECT_EQ(parse_money("0"), 0);
  EXPECT_EQ(parse_money("1000000000000"), max_amount_micros);
  EXPECT_EQ(parse_money("0000000000000300"), 300'000'000);
  for (const char* wrong :
       {"", ".5", "5.", "-1", "+1", "1e3", "1,000", "0.0000001", " 1", "1.2.3", "9500000000000x"}) {
    EXPECT_EQ(parse_money(wrong), tl::unexpected(AmountFault::malformed)) << wrong;
  }
}

// From 9223372036854.775808 on 64 bits overflow, to a price below zero.
TEST(ParseMoney, P6_what_is_more_than_an_amount_may_be_is_too_large) {
  const std::string digits(10'000, '9');
  for (const std::string& wrong :
       {std::string("1000000000000.000001"), std::string("9223372036854.775808"),
        std::string("9223372036855"), std::string("9500000000000"), std::string("9999999999999"),
        std::string("99999999999999999999"), std::string("18446744073710"), digits}) {
    EXPECT_EQ(parse_money(wrong), tl::unexpected(AmountFault::too_large)) << wrong;
  }
}

TEST(MoneyText, shows_every_micro_unit_and_two_decimals_at_least) {
  EXPECT_EQ(money_text(300'000'000), "300.00");
  EXPECT_EQ(money_text(5'000), "0.005");
  EXPECT_EQ(money_text(-5'000), "-0.005");
  EXPECT_EQ(money_text(1), "0.000001");
  EXPECT_EQ(money_text(0), "0.00");
  EXPECT_EQ(money_text(INT64_MIN), "-9223372036854.775808");
}

TEST(Money, sums_for_people_are_held_instead_of_going_round) {
  EXPECT_EQ(held_sum(INT64_MAX - 1, 1), INT64_MAX);
  EXPECT_EQ(held_sum(INT64_MAX, 1), INT64_MAX);
  EXPECT_EQ(held_sum(INT64_MIN, -1), INT64_MIN);
  EXPECT_EQ(held_sum(INT64_MAX, INT64_MIN), -1);
  EXPECT_EQ(money_sum_text(held_sum(INT64_MAX, 1)), ">=9223372036854.775807");
  EXPECT_EQ(money_sum_text(held_sum(INT64_MIN, -1)), "<=-9223372036854.775808");
  EXPECT_EQ(money_sum_text(-5'000), "-0.005");
  EXPECT_EQ(with_separators(INT64_MAX), ">=9,223,372,036,854,775,807");
  EXPECT_EQ(with_separators(INT64_MAX - 1), "9,223,372,036,854,775,806");
}

TEST(Journals, P6_what_comes_from_outside_stands_against_payments_and_the_rest_against_sales) {
  const auto book = [](JournalKind kind) { return name_of(contra_book_of(kind)); };
  EXPECT_EQ(book(JournalKind::top_up), "payments");
  EXPECT_EQ(book(JournalKind::payment), "payments");
  EXPECT_EQ(book(JournalKind::purchase), "sales");
  EXPECT_EQ(book(JournalKind::refund), "sales");
  EXPECT_EQ(book(JournalKind::charge), "sales");
}

}  // namespace
}  // namespace packwarden
