#include "logging/shown_text.h"

#include <gtest/gtest.h>

namespace packwarden {
namespace {

using namespace std::literals;

std::string shown(std::string_view text) {
  return shown_text(text, 1'000);
}

TEST(ShownText, ordinary_text_stays_as_it_is) {
  EXPECT_EQ(shown("usage-0042.csv"), "usage-0042.csv");
  EXPECT_EQ(shown("\u4f59\u989d \u00e9 \U0001F600"), "\u4f59\u989d \u00e9 \U0001F600");
  EXPECT_EQ(shown(""), "");
}

TEST(ShownText, control_characters_are_shown_as_bytes) {
  EXPECT_EQ(shown("a\nb\r\t\0c"sv), "a\\x0ab\\x0d\\x09\\x00c");
  EXPECT_EQ(shown("\x1b[31mred\x7f"), "\\x1b[31mred\\x7f");
  EXPECT_EQ(shown("\u0085\u009b"), "\\xc2\\x85\\xc2\\x9b");
}

TEST(ShownText, what_ends_a_line_or_turns_it_round_is_shown_as_bytes) {
  EXPECT_EQ(shown("\u2028"), "\\xe2\\x80\\xa8");
  EXPECT_EQ(shown("\u202e\u2066\u200f"), "\\xe2\\x80\\xae\\xe2\\x81\\xa6\\xe2\\x80\\x8f");
}

TEST(ShownText, bytes_that_are_no_utf8_are_shown_each) {
  EXPECT_EQ(shown("a\xff\xfe"), "a\\xff\\xfe");
  EXPECT_EQ(shown("\xe4\xbd"), "\\xe4\\xbd");                    // cut
  EXPECT_EQ(shown("\xc0\x8a"), "\\xc0\\x8a");                    // overlong
  EXPECT_EQ(shown("\xe0\x80\x8a"), "\\xe0\\x80\\x8a");           // overlong
  EXPECT_EQ(shown("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // a surrogate
  EXPECT_EQ(shown("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // beyond
}

TEST(ShownText, long_text_is_cut_between_characters_and_says_so) {
  EXPECT_EQ(shown_text("abcdef", 6), "abcdef");
  EXPECT_EQ(shown_text("abcdef", 4), "abcd... (2 more bytes)");
  EXPECT_EQ(shown_text("\u4f59\u989d", 2), "\u4f59... (3 more bytes)");
}

}  // namespace
}  // namespace packwarden
