#include "app/settings_feed.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace packwarden {
namespace {

using std::chrono::milliseconds;

std::shared_ptr<const Settings> settings_at(const std::string& log_level) {
  Settings settings;
  settings.log_level = log_level;
  return std::make_shared<const Settings>(settings);
}

std::vector<std::string> taken_by(SettingsFeed::Reader& reader) {
  std::vector<std::string> taken;
  reader.take_over([&](const Settings& settings) { taken.push_back(settings.log_level); });
  return taken;
}

TEST(SettingsFeed, each_loop_takes_over_the_newest_once) {
  SettingsFeed feed;
  Wakeup wakeup;
  SettingsFeed::Reader ingest(feed, "ingest", wakeup);
  SettingsFeed::Reader jobs(feed, "jobs", wakeup);
  EXPECT_TRUE(taken_by(ingest).empty());
  feed.publish(settings_at("info"));
  feed.publish(settings_at("debug"));
  EXPECT_EQ(taken_by(ingest), std::vector<std::string>{"debug"});
  EXPECT_TRUE(taken_by(ingest).empty());
  EXPECT_EQ(taken_by(jobs), std::vector<std::string>{"debug"});
}

TEST(SettingsFeed, who_waits_is_told_which_loops_have_not_taken_over) {
  SettingsFeed feed;
  Wakeup wakeup;
  SettingsFeed::Reader ingest(feed, "ingest", wakeup);
  SettingsFeed::Reader jobs(feed, "jobs", wakeup);
  EXPECT_TRUE(feed.wait(milliseconds(0), {}).empty());
  feed.publish(settings_at("info"));
  taken_by(ingest);
  EXPECT_EQ(feed.wait(milliseconds(0), {}), std::vector<std::string>{"jobs"});
  jobs.take_over([&](const Settings&) {  // it is at it
    EXPECT_EQ(feed.wait(milliseconds(0), {}), std::vector<std::string>{"jobs"});
  });
  EXPECT_TRUE(feed.wait(milliseconds(0), {}).empty());
}

TEST(SettingsFeed, a_loop_that_sleeps_is_woken) {
  SettingsFeed feed;
  Wakeup wakeup;
  SettingsFeed::Reader jobs(feed, "jobs", wakeup);
  feed.publish(settings_at("info"));
  const auto begin = std::chrono::steady_clock::now();
  wakeup.sleep({}, std::chrono::minutes(10));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::minutes(5));
}

TEST(SettingsFeed, a_loop_that_is_gone_is_not_waited_for) {
  SettingsFeed feed;
  Wakeup wakeup;
  {
    SettingsFeed::Reader jobs(feed, "jobs", wakeup);
    feed.publish(settings_at("info"));
    EXPECT_EQ(feed.wait(milliseconds(0), {}).size(), 1U);
  }
  EXPECT_TRUE(feed.wait(milliseconds(0), {}).empty());
}

}  // namespace
}  // namespace packwarden
