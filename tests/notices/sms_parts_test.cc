#include "notices/sms_parts.h"

#include <gtest/gtest.h>

#include <string>

namespace packwarden {
namespace {

std::string times(int count, std::string_view text) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

TEST(N4_Sms, OfGsmHave160CharactersOr153InEachPart) {
  EXPECT_EQ(sms_parts(""), 1U);
  EXPECT_EQ(sms_parts(times(160, "a")), 1U);
  EXPECT_EQ(sms_parts(times(161, "a")), 2U);
  EXPECT_EQ(sms_parts(times(306, "a")), 2U);
  EXPECT_EQ(sms_parts(times(307, "a")), 3U);
  EXPECT_EQ(sms_parts(times(160, "ä")), 1U) << "one septet, two bytes";
}

TEST(N4_Sms, CountCharactersOfTheExtensionTwiceAndDoNotCutThem) {
  EXPECT_EQ(sms_parts(times(80, "€")), 1U);
  EXPECT_EQ(sms_parts(times(81, "[")), 2U);
  // 152 and 152: the last septet of each part stays empty.
  EXPECT_EQ(sms_parts(times(152, "{")), 2U);
  EXPECT_EQ(sms_parts(times(153, "{")), 3U);
}

TEST(N4_Sms, BeyondGsmHave70UnitsOr67InEachPart) {
  EXPECT_EQ(sms_parts(times(70, "套")), 1U);
  EXPECT_EQ(sms_parts(times(71, "套")), 2U);
  EXPECT_EQ(sms_parts(times(134, "套")), 2U);
  EXPECT_EQ(sms_parts(times(135, "套")), 3U);
  EXPECT_EQ(sms_parts(times(69, "a") + "`"), 1U) << "a grave accent is not in GSM's alphabet";
  EXPECT_EQ(sms_parts(times(70, "a") + "`"), 2U);
}

TEST(N4_Sms, DoNotCutPairsOfUnits) {
  EXPECT_EQ(sms_parts(times(35, "😀")), 1U);
  EXPECT_EQ(sms_parts(times(36, "😀")), 2U);
  // 66 units in each.
  EXPECT_EQ(sms_parts(times(66, "😀")), 2U);
  EXPECT_EQ(sms_parts(times(67, "😀")), 3U);
}

TEST(N4_Sms, CountWhatIsNoUtf8ByBytes) {
  EXPECT_EQ(sms_parts("\xFF\xC3"), 1U);
  EXPECT_EQ(sms_parts(times(71, "\xFF")), 2U);
}

}  // namespace
}  // namespace packwarden
