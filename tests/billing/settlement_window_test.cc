#include "billing/settlement_window.h"

#include <gtest/gtest.h>

namespace packwarden {
namespace {

const BusinessCalendar shanghai = BusinessCalendar::for_zone("Asia/Shanghai").value();
constexpr BusinessDay friday{20'777};  // 2026-11-20

Instant at(const std::string& text) {
  return parse_rfc3339(text.data(), text.data() + text.size()).value();
}

std::string shown(const std::vector<DueDay>& days) {
  std::string text;
  for (const DueDay& due : days) {
    text += to_string(due.day) + " " + std::to_string(due.after_s) + ".." +
            std::to_string(due.upto_s) + "; ";
  }
  return text;
}

TEST(Settlement, O6_charges_a_day_from_eight_of_the_next_one_on) {
  EXPECT_EQ(to_rfc3339(settlement_start(friday, shanghai)), "2026-11-21T00:00:00.000000Z");
  const auto new_york = BusinessCalendar::for_zone("America/New_York").value();
  EXPECT_EQ(to_rfc3339(settlement_start(parse_business_day("2026-03-07").value(), new_york)),
            "2026-03-08T12:00:00.000000Z")
      << "on the day of a clock change";
}

TEST(Settlement, O6_the_instant_of_an_account_is_fixed_and_spreads_over_the_window) {
  std::vector<int> accounts_by_quarter(4);
  for (std::uint32_t id = 1; id <= 10'000; ++id) {
    const std::int64_t offset = charge_offset_s(AccountId{id}, 10'800);
    ASSERT_GE(offset, 0);
    ASSERT_LT(offset, 10'800);
    ++accounts_by_quarter[static_cast<std::size_t>(offset / 2'700)];
    EXPECT_EQ(charge_offset_s(AccountId{id}, 0), 0);
  }
  for (const int accounts : accounts_by_quarter) EXPECT_NEAR(accounts, 2'500, 100);
}

TEST(Settlement, O6_what_has_come_of_the_window_is_due) {
  const auto due = [](const char* done, const char* now) {
    return shown(due_days(at(done), std::nullopt, at(now), 10'800, shanghai));
  };
  EXPECT_EQ(due("2026-11-20T12:00:00Z", "2026-11-20T23:59:59Z"), "");
  EXPECT_EQ(due("2026-11-20T12:00:00Z", "2026-11-21T00:00:00Z"), "2026-11-20 -1..0; ");
  EXPECT_EQ(due("2026-11-20T12:00:00Z", "2026-11-21T01:00:00Z"), "2026-11-20 -1..3600; ");
  EXPECT_EQ(due("2026-11-21T01:00:00Z", "2026-11-21T01:00:10Z"), "2026-11-20 3600..3610; ");
  EXPECT_EQ(due("2026-11-21T01:00:00Z", "2026-11-21T09:00:00Z"), "2026-11-20 3600..10800; ");
  EXPECT_EQ(due("2026-11-21T03:00:00Z", "2026-11-21T09:00:00Z"), "");
}

TEST(Settlement, O7_missed_days_are_due_in_order) {
  EXPECT_EQ(shown(due_days(at("2026-11-18T04:00:00Z"), std::nullopt, at("2026-11-21T00:30:00Z"),
                           10'800, shanghai)),
            "2026-11-18 -1..10800; 2026-11-19 -1..10800; 2026-11-20 -1..1800; ");
  EXPECT_EQ(
      shown(due_days(std::nullopt, BusinessDay{friday}, at("2026-11-22T00:00:00Z"), 0, shanghai)),
      "2026-11-20 -1..0; 2026-11-21 -1..0; ");
  EXPECT_EQ(shown(due_days(std::nullopt, std::nullopt, at("2026-11-22T00:00:00Z"), 0, shanghai)),
            "");
}

TEST(Settlement, O6_without_spread_a_day_is_due_once) {
  EXPECT_EQ(shown(due_days(at("2026-11-21T00:00:00Z"), std::nullopt, at("2026-11-21T05:00:00Z"), 0,
                           shanghai)),
            "");
}

}  // namespace
}  // namespace packwarden
