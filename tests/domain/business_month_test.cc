#include "domain/business_month.h"

#include <gtest/gtest.h>

namespace packwarden {
namespace {

BusinessMonth month(const char* text) {
  return parse_business_month(text).value();
}

TEST(BusinessMonth, goes_from_its_first_day_to_the_first_of_the_next) {
  EXPECT_EQ(to_string(month("2026-11").first_day), "2026-11-01");
  EXPECT_EQ(to_string(month("2026-11").end_day), "2026-12-01");
  EXPECT_EQ(to_string(month("2026-12").end_day), "2027-01-01");
  EXPECT_EQ(to_string(month("2028-02").end_day), "2028-03-01");
}

TEST(BusinessMonth, its_neighbours) {
  EXPECT_EQ(month("2026-12").next(), month("2027-01"));
  EXPECT_EQ(month("2027-01").before(), month("2026-12"));
  EXPECT_EQ(to_string(month("2026-03").before()), "2026-02");
}

TEST(BusinessMonth, nothing_else_is_one) {
  for (const char* wrong : {"", "2026", "2026-1", "2026-13", "2026-00", "2026-11-01", "26-11",
                            "2026/11", "1969-12", "2262-01", " 2026-1"}) {
    EXPECT_FALSE(parse_business_month(wrong)) << wrong;
  }
  EXPECT_TRUE(parse_business_month("1970-01"));
  EXPECT_TRUE(parse_business_month("2261-12"));
}

}  // namespace
}  // namespace packwarden
