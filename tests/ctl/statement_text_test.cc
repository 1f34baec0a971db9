#include "ctl/statement_text.h"

#include <gmock/gmock.h>

#include <sstream>

#include "ctl/csv_text.h"

namespace packwarden {
namespace {

using ::testing::HasSubstr;

BusinessDay day(const char* text) {
  return parse_business_day(text).value();
}

// A month with one of each.
class StatementText : public ::testing::Test {
 protected:
  StatementText() {
    print.account = "acme, \"the\" first";
    print.currency = "CNY";
    print.calendar = &calendar;
    print.period = statement_period(parse_business_month("2026-11").value(), calendar);
    print.stands_at = print.period.to;
    const Instant noon = print.period.from + Span::minutes(12 * 60);
    StatementRows rows;
    rows.head = {17, noon + Span::seconds(1), Digest{0xab}, 0};
    rows.opening_micros = 400'000'000;
    rows.closing_micros = 99'965'000;
    rows.journals = {{7, noon, "purchase", "30k", -300'000'000, 0},
                     {9, noon + Span{1'500'000}, "charge", "captcha 2026-10-31", -35'000, 0}};
    rows.usage = {{"acme", "captcha", "verify", day("2026-10-30"), Outcome::overage, 2},
                  {"acme", "captcha", "verify", day("2026-11-03"), Outcome::drawn, 1'100},
                  {"acme-web", "captcha", "verify", day("2026-11-03"), Outcome::drawn, 34}};
    rows.packs = {{PackId{3}, "captcha", "30k", 30'000, 300'000'000, noon,
                   calendar.add_calendar_years(noon, 1), std::nullopt, 0, 1'134}};
    rows.charges = {{day("2026-10-31"), noon + Span{1'500'000}, "captcha", day("2026-10-31"), false,
                     7, 5'000, 35'000}};
    rows.overage = {{"captcha", 7, 0, 0, 2}};
    print.statement = statement_of(std::move(rows));
    print.breaks = breaks_of(print.statement);
  }

  BusinessCalendar calendar = BusinessCalendar::for_zone("Asia/Shanghai").value();
  StatementPrint print;
};

TEST_F(StatementText, for_people) {
  std::ostringstream out;
  print_table(print, out);
  EXPECT_EQ(
      out.str(),
      "Statement of acme, \"the\" first for 2026-11, not final before 2026-12-01T13:00:00+08:00\n"
      "\nBalance\n"
      "at                                kind             reference           amount in CNY  "
      "balance\n"
      "2026-11-01T00:00:00+08:00         opening balance                                      "
      "400.00\n"
      "2026-11-01T12:00:00+08:00         purchase         30k                       -300.00   "
      "100.00\n"
      "2026-11-01T12:00:00.001500+08:00  charge           captcha 2026-10-31         -0.035   "
      "99.965\n"
      "2026-12-01T00:00:00+08:00         closing balance                                      "
      "99.965\n"
      "\nUsage by day\n"
      "day                used by   product  meter   outcome  units\n"
      "2026-10-30 (late)  acme      captcha  verify  overage      2\n"
      "2026-11-03         acme      captcha  verify  drawn    1,100\n"
      "2026-11-03         acme-web  captcha  verify  drawn       34\n"
      "\nUsage in all\n"
      "product  used by   outcome  units\n"
      "captcha  (all)     drawn    1,134\n"
      "captcha  (all)     overage      2\n"
      "captcha  acme      drawn    1,100\n"
      "captcha  acme      overage      2\n"
      "captcha  acme-web  drawn       34\n"
      "\nPacks\n"
      "pack  product  tier  bought at                  expires at                 price in CNY   "
      "quota  left before  drawn    left  state\n"
      "   3  captcha  30k   2026-11-01T12:00:00+08:00  2027-11-01T12:00:00+08:00        300.00  "
      "30,000       30,000  1,134  28,866  held\n"
      "\nBills\n"
      "bill of     charged at                        product  usage of    units  price  amount in "
      "CNY\n"
      "2026-10-31  2026-11-01T12:00:00.001500+08:00  captcha  2026-10-31      7  0.005          "
      "0.035\n"
      "\nOverage\n"
      "product  not charged before  used  charged  not charged yet\n"
      "captcha                   7     2        7                2\n"
      "\nRead at ledger transaction 17 of 2026-11-01T12:00:01+08:00, stamp "
      "ab00000000000000000000000000000000000000000000000000000000000000.\n"
      "\nAll sums agree.\n");
}

TEST_F(StatementText, for_spreadsheets_one_kind_of_row_a_line) {
  std::ostringstream out;
  print_csv(print, out);
  const std::string account = "\"acme, \"\"the\"\" first\",2026-11,CNY,";
  EXPECT_EQ(
      out.str(),
      "kind,account,month,currency,detail,at,until,day,used_by,product,meter,pack,tier,reference,"
      "units,quota_units,left_before_units,left_units,price,amount,balance\r\n"
      "opening_balance," +
          account +
          ",2026-11-01T00:00:00+08:00,,,,,,,,,,,,,,,400.00\r\n"
          "journal," +
          account +
          "purchase,2026-11-01T12:00:00+08:00,,,,,,,,30k,,,,,,-300.00,100.00\r\n"
          "journal," +
          account +
          "charge,2026-11-01T12:00:00.001500+08:00,,,,,,,,captcha 2026-10-31,,,,,,"
          "-0.035,99.965\r\n"
          "closing_balance," +
          account +
          ",2026-12-01T00:00:00+08:00,,,,,,,,,,,,,,,99.965\r\n"
          "late_usage," +
          account +
          "overage,,,2026-10-30,acme,captcha,verify,,,,2,,,,,,\r\n"
          "usage," +
          account +
          "drawn,,,2026-11-03,acme,captcha,verify,,,,1100,,,,,,\r\n"
          "usage," +
          account +
          "drawn,,,2026-11-03,acme-web,captcha,verify,,,,34,,,,,,\r\n"
          "pack," +
          account +
          "held,2026-11-01T12:00:00+08:00,2027-11-01T12:00:00+08:00,,,captcha,,3,30k,,"
          "1134,30000,30000,28866,300.00,,\r\n"
          "bill_line," +
          account +
          "overage,2026-11-01T12:00:00.001500+08:00,,2026-10-31,,captcha,,,,"
          "2026-10-31,7,,,,0.005,0.035,\r\n"
          "open_overage," +
          account + ",,,,,captcha,,,,,2,,7,2,,,\r\n" + "ledger," + account +
          "ab00000000000000000000000000000000000000000000000000000000000000,"
          "2026-11-01T12:00:01+08:00,,,,,,,,17,,,,,,,\r\n");
}

TEST_F(StatementText, for_programs) {
  const std::string text = boost::json::serialize(statement_json(print));
  EXPECT_THAT(text, HasSubstr(R"("final":false,"final_from":"2026-12-01T13:00:00+08:00")"));
  EXPECT_THAT(text, HasSubstr(R"("opening_micros":400000000,"closing_micros":99965000)"));
  EXPECT_THAT(text, HasSubstr(R"("amount_micros":-35000,"balance_micros":99965000)"));
  EXPECT_THAT(text, HasSubstr(R"({"day":"2026-10-30","late":true,"used_by":"acme")"));
  EXPECT_THAT(text, HasSubstr(R"("used_by":null,"outcome":"drawn","units":1134)"));
  EXPECT_THAT(text, HasSubstr(R"("drawn":1134,"left":28866,"state":"held")"));
  EXPECT_THAT(text, HasSubstr(R"("breaks":[])"));
}

TEST_F(StatementText, sums_that_do_not_agree_are_told) {
  print.statement.closing_micros += 1;
  print.breaks = breaks_of(print.statement);
  print.is_final = true;
  std::ostringstream out;
  print_table(print, out);
  EXPECT_THAT(out.str(), HasSubstr("The sums do not agree.\n"));
  EXPECT_THAT(out.str(), HasSubstr("first for 2026-11\n"));
}

TEST(CsvText, quotes_what_needs_it) {
  EXPECT_EQ(csv_line({"a", "", "b c"}), "a,,b c\r\n");
  EXPECT_EQ(csv_line({"a,b", "\"", "\n", "\r"}), "\"a,b\",\"\"\"\",\"\n\",\"\r\"\r\n");
}

}  // namespace
}  // namespace packwarden
