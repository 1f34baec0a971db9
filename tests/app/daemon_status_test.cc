#include "app/daemon_status.h"

#include <gtest/gtest.h>

namespace packwarden {
namespace {

constexpr Instant at = Instant::from_micros(1'795'748'127'000'000);  // 2026-11-26T02:55:27Z

TEST(DaemonStatus, says_how_far_loading_has_come) {
  DaemonStatus status;
  status.loading(20'000, 2'000'000'000);
  EXPECT_EQ(status.line(), "loading the books: 20,000 rows and 2,000,000,000 dedupe keys so far");
}

TEST(DaemonStatus, says_what_was_taken_and_whether_anything_waits) {
  DaemonStatus status;
  status.loaded(12'344);
  status.took(12'345, 2'000'000);
  EXPECT_EQ(status.line(), "ledger 12,345; taking files; 2,000,000 records since the start");
  status.idle(12'346);
  EXPECT_EQ(status.line(), "ledger 12,346; nothing waits; 2,000,000 records since the start");
}

TEST(DaemonStatus, says_since_when_something_is_away_until_it_is_back) {
  DaemonStatus status;
  status.loaded(1);
  status.away("the database", at);
  status.away("the database", at + Span::minutes(5));
  EXPECT_EQ(
      status.line(),
      "the database is away since 2026-11-27 02:55:27 UTC; nothing is lost, it is tried again");
  status.idle(1);
  EXPECT_EQ(status.line(), "ledger 1; nothing waits; 0 records since the start");
}

TEST(DaemonStatus, gives_the_reason_of_a_hold) {
  DaemonStatus status;
  status.loaded(1);
  status.held("prices are wrong");
  EXPECT_EQ(status.line(), "the spool is held: prices are wrong; 0 records since the start");
  status.held("");
  status.idle(1);
  EXPECT_EQ(status.line(), "ledger 1; nothing waits; 0 records since the start");
}

TEST(DaemonStatus, adds_what_became_of_jobs_and_of_the_last_reload) {
  DaemonStatus status;
  status.loaded(1);
  status.idle(1);
  status.jobs_fail(true);
  status.reload("reload refused: 2 mistakes");
  EXPECT_EQ(
      status.line(),
      "ledger 1; nothing waits; 0 records since the start; jobs wait for the database; reload "
      "refused: 2 mistakes");
}

}  // namespace
}  // namespace packwarden
