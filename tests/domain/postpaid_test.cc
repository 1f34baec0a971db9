#include "domain/postpaid.h"

#include <gtest/gtest.h>

namespace packwarden {
namespace {

TEST(Postpaid, O5_is_on_from_the_instant_of_its_switch_to_that_of_the_next) {
  Toggle toggle;
  toggle.turn(true, Instant{10});
  toggle.turn(true, Instant{12});  // is on already
  toggle.turn(false, Instant{20});
  EXPECT_FALSE(toggle.is_on_at(Instant{9}));
  EXPECT_TRUE(toggle.is_on_at(Instant{10}));
  EXPECT_TRUE(toggle.is_on_at(Instant{19}));
  EXPECT_FALSE(toggle.is_on_at(Instant{20}));
  EXPECT_FALSE(toggle.is_on());
  EXPECT_TRUE(toggle.is_same_throughout(Instant{10}, Instant{19}));
  EXPECT_FALSE(toggle.is_same_throughout(Instant{9}, Instant{10}));
  EXPECT_FALSE(toggle.is_same_throughout(Instant{19}, Instant{20}));
  EXPECT_TRUE(toggle.is_same_throughout(Instant{20}, Instant::latest()));
}

TEST(Postpaid, O5_a_clock_that_steps_back_does_not_undo_a_switch) {
  Toggle toggle;
  toggle.turn(true, Instant{10});
  toggle.turn(false, Instant{5});
  EXPECT_FALSE(toggle.is_on_at(Instant{10}));
  EXPECT_FALSE(toggle.is_on_at(Instant{7}));
  toggle.turn(true, Instant{8});
  EXPECT_TRUE(toggle.is_on_at(Instant{10}));
}

TEST(Postpaid, O5_O8_charges_while_on_not_suspended_and_priced) {
  Toggle switched;
  Toggle suspended;
  switched.turn(true, Instant{10});
  suspended.turn(true, Instant{20});
  suspended.turn(false, Instant{30});
  const PostpaidTimes times{&switched, &suspended, BusinessDay{5}};
  EXPECT_FALSE(times.charges(Instant{9}, {5}));
  EXPECT_TRUE(times.charges(Instant{10}, {5}));
  EXPECT_FALSE(times.charges(Instant{10}, {4})) << "no price holds yet";
  EXPECT_FALSE(times.charges(Instant{20}, {5}));
  EXPECT_TRUE(times.charges(Instant{30}, {5}));
  EXPECT_FALSE(PostpaidTimes{}.charges(Instant{10}, {5}));
}

}  // namespace
}  // namespace packwarden
