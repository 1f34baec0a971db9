#include "store/usage_boundary.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "store/sql_text.h"
#include "support/test_database.h"

namespace packwarden {
namespace {

const Instant begin = Instant::from_micros(1'795'176'000'000'000);

// Ledger transactions of which some have rating units and some are voids, committed at random
// instants by hosts whose clocks are up to half an hour late.
class UsageBoundary : public ::testing::Test {
 protected:
  void append(Sequence seq, Instant at, bool is_void) {
    at_.push_back({seq, at});
    const std::string digest = fmt::format("UNHEX(SHA2('{}', 256))", seq);
    if (is_void) {
      database.session().execute(fmt::format("INSERT INTO file_void VALUES ({}, {}, 'test', {})",
                                             digest, seq, datetime_literal(at)));
    } else {
      database.session().execute(
          fmt::format("INSERT INTO rating_unit (digest, unit_no, seq, end_offset_bytes, end_line,"
                      " is_last, data_lines, accepted_records, duplicate_records,"
                      " conflict_records, accepted_units, drawn_units, overage_units,"
                      " overrun_units, not_billable_units, first_entry_no, entry_count,"
                      " finished_at) VALUES ({}, 1, {}, 1, 1, 1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 1,"
                      " {})",
                      digest, seq, datetime_literal(at)));
    }
    database.session().execute(fmt::format("UPDATE ledger_sequence SET seq = {}", seq));
  }
  // The slow, obvious way.
  Sequence looked_at_one_by_one(Instant at) const {
    for (const auto& [seq, committed] : at_) {
      if (committed >= at) return seq - 1;
    }
    return at_.empty() ? 0 : at_.back().first;
  }

  TestDatabase database;
  std::vector<std::pair<Sequence, Instant>> at_;
};

TEST_F(UsageBoundary, is_what_looking_at_each_transaction_finds) {
  EXPECT_EQ(last_before_usage_at(database.session(), begin), 0U);
  std::mt19937 dice(7);
  Sequence seq = 0;
  std::int64_t minute = 0;
  for (int i = 0; i < 200; ++i) {
    seq += 1 + dice() % 3;  // commands lie between
    minute += dice() % 40;
    append(seq, begin + Span::minutes(minute - static_cast<std::int64_t>(dice() % 31)),
           dice() % 5 == 0);
  }
  for (std::int64_t at = -60; at <= minute + 60; at += 17) {
    const Instant instant = begin + Span::minutes(at);
    EXPECT_EQ(last_before_usage_at(database.session(), instant), looked_at_one_by_one(instant))
        << at;
  }
}

TEST_F(UsageBoundary, the_instant_itself_is_behind_it) {
  append(3, begin, false);
  append(5, begin + Span::minutes(1), true);
  EXPECT_EQ(last_before_usage_at(database.session(), begin), 2U);
  EXPECT_EQ(last_before_usage_at(database.session(), begin + Span{1'000}), 4U);
  EXPECT_EQ(last_before_usage_at(database.session(), begin + Span::minutes(2)), 5U);
}

}  // namespace
}  // namespace packwarden
