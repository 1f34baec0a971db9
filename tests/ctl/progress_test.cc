#include "ctl/progress.h"

#include <gtest/gtest.h>

namespace packwarden::testing {
namespace {

constexpr std::uint64_t mib = 1'024 * 1'024;

TEST(ProgressLine, says_how_far_and_how_fast) {
  EXPECT_EQ(progress_line("checking", 300 * mib, 1'200 * mib, 2'000),
            "checking  [#####---------------]  25 %  150 MiB/s");
}

TEST(ProgressLine, begins_at_nothing_and_ends_at_all) {
  EXPECT_EQ(progress_line("packing", 0, 10 * mib, 0),
            "packing  [--------------------]   0 %  0 MiB/s");
  EXPECT_EQ(progress_line("packing", 10 * mib, 10 * mib, 1'000),
            "packing  [####################] 100 %  10 MiB/s");
}

TEST(ProgressLine, holds_for_empty_tiny_grown_and_huge_files) {
  EXPECT_EQ(progress_line("x", 0, 0, 0), "x  [--------------------]   0 %  0 MiB/s");
  EXPECT_EQ(progress_line("x", 1, 1, 1), "x  [####################] 100 %  0 MiB/s");
  EXPECT_EQ(progress_line("x", 20 * mib, 10 * mib, 1'000),
            "x  [####################] 100 %  10 MiB/s");
  EXPECT_EQ(progress_line("x", UINT64_MAX / 2, UINT64_MAX, 1'000).substr(0, 34),
            "x  [##########----------]  50 %  8");
}

}  // namespace
}  // namespace packwarden::testing
