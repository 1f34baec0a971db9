#include "app/spool_name.h"

#include <gmock/gmock.h>

#include "support/test_database.h"
#include "usecases/spool_port.h"

namespace packwarden {
namespace {

using ::testing::HasSubstr;

const SpoolNameHolder here{"alpha", "11111111111111111111111111111111", "east/7"};
const SpoolNameHolder there{"alpha", "22222222222222222222222222222222", "west/9"};

std::uint64_t seen() {
  return 7;
}

class SpoolNameOf : public ::testing::Test {
 protected:
  std::string refusal_of(const SpoolNameHolder& who) {
    try {
      const SpoolName name(database.address(), who, seen);
    } catch (const SpoolUnavailable& refusal) {
      return refusal.what();
    }
    return "taken";
  }
  void end_lease() {
    database.session().execute("UPDATE daemon SET lease_until = NOW(6) - INTERVAL 1 SECOND");
  }
  // As a host that was cut off and comes back finds it.
  std::uint64_t taken_by_another() {
    end_lease();
    return *take_spool_name(database.session(), there, true).fence;
  }

  TestDatabase database;
};

TEST_F(SpoolNameOf, S41_a_second_daemon_of_the_same_name_is_refused_while_the_first_lives) {
  const SpoolName first(database.address(), here, seen);
  EXPECT_TRUE(first.is_held());
  EXPECT_THAT(refusal_of(there), HasSubstr("east/7"));
  EXPECT_TRUE(first.is_held());
  SpoolNameHolder another = there;
  another.spool = "beta";
  EXPECT_EQ(refusal_of(another), "taken");
}

TEST_F(SpoolNameOf, U8_what_the_daemon_has_seen_of_the_ledger_is_told_with_each_renewal) {
  SpoolName name(database.address(), here, seen);
  EXPECT_EQ(database.value("SELECT seen_seq FROM daemon"), "0");
  EXPECT_TRUE(name.renew());
  EXPECT_EQ(database.value("SELECT seen_seq FROM daemon"), "7");
}

TEST_F(SpoolNameOf, S41_a_restart_on_the_same_spool_takes_it_over_at_once) {
  SpoolName killed(database.address(), here, seen);
  SpoolNameHolder anew = here;
  anew.holder = "east/8";
  {
    const SpoolName restarted(database.address(), anew, seen);
    EXPECT_TRUE(restarted.is_held());
    killed.renew();
    EXPECT_FALSE(killed.is_held()) << "a copy of the spool that is still at work stops claiming";
    EXPECT_THAT(killed.fault(), HasSubstr("east/8"));
    killed.renew();
    EXPECT_FALSE(killed.is_held()) << "only a start takes it over";
  }
  killed.renew();
  EXPECT_TRUE(killed.is_held()) << "given back";
}

TEST_F(SpoolNameOf, S41_a_clean_end_gives_the_name_back) {
  { const SpoolName first(database.address(), here, seen); }
  EXPECT_EQ(refusal_of(there), "taken");
}

TEST_F(SpoolNameOf, S41_who_has_lost_the_name_claims_nothing_until_it_is_free) {
  SpoolName name(database.address(), here, seen);
  name.tell_meaning("1f");
  const std::uint64_t fence = taken_by_another();
  name.renew();
  EXPECT_FALSE(name.is_held());
  EXPECT_THAT(name.fault(), HasSubstr("west/9"));
  EXPECT_EQ(database.value("SELECT holder FROM daemon"), "west/9");
  give_back_spool_name(database.session(), "alpha", fence);
  name.renew();
  EXPECT_TRUE(name.is_held());
  EXPECT_EQ(name.fault(), "");
  EXPECT_EQ(database.value("SELECT meaning_digest FROM daemon"), "1f");
}

TEST_F(SpoolNameOf, S41_a_lease_that_is_over_is_renewed_where_nobody_else_took_it) {
  SpoolName name(database.address(), here, seen);
  end_lease();
  name.renew();
  EXPECT_TRUE(name.is_held());
  EXPECT_THAT(refusal_of(there), HasSubstr("east/7"));
}

// By a clock that was set back, that of a living daemon may end in days, and so may that of one
// that is gone.
TEST_F(SpoolNameOf, S41_a_lease_of_a_clock_that_was_wrong_lasts_for_one_lease_more) {
  for (const char* ahead : {"50 SECOND", "8 DAY"}) {
    SpoolName living(database.address(), here, seen);
    database.session().execute(std::string("UPDATE daemon SET lease_until = NOW(6) + INTERVAL ") +
                               ahead);
    EXPECT_THAT(refusal_of(there), HasSubstr("east/7")) << ahead;
    EXPECT_TRUE(living.renew());
    EXPECT_TRUE(living.is_held());
    EXPECT_THAT(refusal_of(there), HasSubstr("east/7")) << ahead;
  }
  database.session().execute(
      "REPLACE INTO daemon VALUES ('alpha', 'x', 'gone/1', 9, NOW(6) + INTERVAL 8 DAY, NOW(6), '',"
      " 0)");
  EXPECT_THAT(refusal_of(there), HasSubstr("gone/1"));
  EXPECT_EQ(database.value("SELECT lease_until <= NOW(6) + INTERVAL 30 SECOND FROM daemon"), "1");
  end_lease();
  EXPECT_EQ(refusal_of(there), "taken");
}

}  // namespace
}  // namespace packwarden
