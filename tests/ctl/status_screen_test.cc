#include "ctl/status_screen.h"

#include <gmock/gmock.h>

#include "ctl/table.h"
#include "ctl/top_screen.h"

namespace packwarden {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ResultOf;
using ::testing::SizeIs;

constexpr Instant now = Instant::from_micros(1'796'000'000'000'000);  // 2026-11-30T00:53:20Z

Instant ago(std::int64_t seconds) {
  return now - Span::seconds(seconds);
}

Situation a_good_day() {
  Situation situation;
  situation.as_of = now;
  situation.spool.emplace();
  situation.spool->daemon_has_it = true;
  situation.spool->free_bytes = 120ULL << 30;
  situation.spool->incoming = {12, 3'400'000, ago(40), "u.csv"};
  situation.ledger.emplace();
  LedgerSituation& ledger = *situation.ledger;
  ledger.sequence = 12'345;
  ledger.last_commit = ago(3);
  ledger.schema_version = 11;
  ledger.jobs = {{"erase", "", ago(5), ago(5), ago(5)}, {"settle", "", ago(5), ago(5), ago(5)}};
  ChannelStanding inbox;
  inbox.name = "inbox";
  inbox.state = "delivering";
  inbox.silent_s = 1;
  inbox.waiting = 3;
  inbox.oldest_s = 2;
  inbox.sent = 1'234;
  ledger.channels = {inbox};
  return situation;
}

Situation a_bad_day() {
  Situation situation = a_good_day();
  situation.spool->failed = 3;
  FailedFile failed;
  failed.file.name = "usage-of-the-night-shift-2026-11-29.csv.zst";
  failed.reason = "it ends in the middle of a frame: its producer did not finish it";
  situation.spool->last_failed = {failed};
  situation.spool->hold = SpoolHold{ago(7'200), ""};
  situation.ledger->channels[0].silent_s = 200;
  return situation;
}

std::vector<std::string> screen(const Situation& situation, std::size_t columns = 80,
                                std::size_t lines = 24, bool color = false) {
  return status_screen(situation, {}, {columns, lines, Ink(color)});
}

TEST(StatusScreen, when_all_is_well_the_first_line_says_so) {
  EXPECT_THAT(
      screen(a_good_day()),
      ElementsAre(
          "All is well.",  //
          "",              //
          "ledger        transaction 12,345, 3 s ago, schema 11",
          "spool         12 wait (3320 KiB, oldest 40 s), 0 in work, 0 failed, 120 GiB free",
          "jobs          erase in time, settle in time",  //
          "",                                             //
          "channel  state       waiting  oldest  held  sent/day  dead/day",
          "inbox    delivering        3     2 s     0     1,234         0"));
}

TEST(StatusScreen, what_needs_a_hand_comes_first_each_with_its_command) {
  const auto lines = screen(a_bad_day(), 80, 40);
  EXPECT_EQ(lines[0], "2 things need a hand, 1 is behind.");
  EXPECT_EQ(lines[2], "needs a hand  3 usage files failed; the last is");
  EXPECT_EQ(lines[3],
            "              'usage-of-the-night-shift-2026-11-29.csv.zst': it ends in the");
  EXPECT_EQ(lines[5], "              packctl spool status --failed");
  EXPECT_EQ(lines[6], "needs a hand  Channel inbox has not been heard of for 3 min.");
  EXPECT_EQ(lines[7], "              systemctl status packwarden-channel@inbox");
  EXPECT_EQ(lines[8], "behind        The spool has been held for 2 h: 12 files wait.");
  EXPECT_EQ(lines[9], "              packctl spool release");
}

TEST(StatusScreen, it_fits_the_terminal_and_says_what_it_left_out) {
  Situation situation = a_bad_day();
  for (int i = 0; i < 6; ++i) {
    situation.ledger->channels.push_back(situation.ledger->channels[0]);
  }
  for (const std::size_t lines : {20U, 24U, 28U}) {
    const auto shown = screen(situation, 80, lines);
    EXPECT_LT(shown.size(), lines) << "the prompt needs one";
    EXPECT_THAT(shown, Each(ResultOf(shown_width, testing::Le(80U))));
    EXPECT_THAT(shown, testing::Contains(testing::MatchesRegex("and [0-9]+ more: packctl status "
                                                               "--all")));
  }
  EXPECT_THAT(screen(situation, 80, SIZE_MAX), SizeIs(testing::Gt(30U)));
  EXPECT_THAT(screen(situation, 60, 24), Each(ResultOf(shown_width, testing::Le(60U))));
}

TEST(StatusScreen, without_a_database_the_spool_is_still_shown) {
  Situation situation = a_good_day();
  situation.ledger.reset();
  situation.ledger_missing = "The database is unreachable.";
  const auto lines = screen(situation);
  EXPECT_EQ(lines[0], "1 thing needs a hand.");
  EXPECT_THAT(lines, testing::Contains(HasSubstr("The database is unreachable.")));
  EXPECT_THAT(lines, testing::Contains("ledger        not seen"));
  EXPECT_THAT(lines, testing::Contains(HasSubstr("12 wait")));
}

TEST(StatusScreen, colours_add_nothing_to_the_words) {
  const auto colored = screen(a_bad_day(), 80, 40, true);
  auto plain = screen(a_bad_day(), 80, 40);
  EXPECT_THAT(colored[0], AllOf(HasSubstr("\033[1;31m"), HasSubstr("\033[0m")));
  ASSERT_EQ(colored.size(), plain.size());
  for (std::size_t i = 0; i < plain.size(); ++i) {
    std::string stripped = colored[i];
    for (std::size_t at = 0; (at = stripped.find("\033[")) != std::string::npos;) {
      stripped.erase(at, stripped.find('m', at) - at + 1);
    }
    EXPECT_EQ(stripped, plain[i]);
  }
}

TEST(StatusScreen, names_from_outside_cannot_write_to_the_terminal) {
  Situation situation = a_bad_day();
  situation.ledger->channels[0].state = "failed";
  situation.ledger->channels[0].detail = "\033]0;owned\a";
  for (const std::string& line : screen(situation)) {
    EXPECT_EQ(line.find('\033'), std::string::npos) << line;
  }
}

LedgerPace a_pace(Sequence sequence, std::int64_t records) {
  LedgerPace pace;
  pace.sequence = sequence;
  pace.files = 2;
  pace.records = records;
  pace.units = 2 * records;
  pace.ended = {{"inbox", "sent", 10}, {"sms", "dead", 1}};
  return pace;
}

TEST(PaceMeter, rates_are_of_the_last_look_and_of_the_last_minute) {
  PaceMeter meter;
  Situation situation = a_good_day();
  meter.add(situation, std::nullopt, 1'000);
  EXPECT_FALSE(meter.now());
  meter.add(situation, a_pace(12'347, 1'000), 2'000);
  meter.add(situation, a_pace(12'350, 3'000), 4'000);
  EXPECT_EQ(meter.now()->records, 1'500);
  EXPECT_EQ(meter.now()->commits, 1.5);
  EXPECT_EQ(meter.now()->sent_by_channel.at("inbox"), 5);
  EXPECT_NEAR(meter.last_minute()->records, 4'000.0 / 3, 0.01);
  EXPECT_NEAR(meter.last_minute()->dead, 2.0 / 3, 0.01);
  meter.add(situation, a_pace(12'350, 0), 100'000);
  EXPECT_EQ(meter.last_minute()->records, 0) << "what is older than a minute is forgotten";
}

TEST(PaceMeter, a_look_without_a_database_is_no_rate_and_the_next_one_begins_anew) {
  PaceMeter meter;
  Situation situation = a_good_day();
  meter.add(situation, std::nullopt, 1'000);
  Situation away = situation;
  away.ledger.reset();
  meter.add(away, std::nullopt, 2'000);
  EXPECT_FALSE(meter.now());
  meter.add(situation, std::nullopt, 3'000);
  meter.add(situation, a_pace(12'346, 500), 4'000);
  EXPECT_EQ(meter.now()->records, 500);
  EXPECT_EQ(meter.now()->commits, 1);
}

TEST(PaceMeter, a_backlog_that_shrinks_will_be_empty) {
  PaceMeter meter;
  Situation situation = a_good_day();
  situation.spool->incoming.bytes = 100'000;
  meter.add(situation, std::nullopt, 0);
  situation.spool->incoming.bytes = 80'000;
  meter.add(situation, std::nullopt, 10'000);
  EXPECT_EQ(meter.backlog()->bytes_per_s, -2'000);
  EXPECT_EQ(meter.backlog()->empty_in_s, 40);
  situation.spool->incoming.bytes = 200'000;
  meter.add(situation, std::nullopt, 20'000);
  EXPECT_FALSE(meter.backlog()->empty_in_s);
}

TEST(TopScreen, shows_rates_backlog_jobs_channels_and_what_needs_a_hand) {
  PaceMeter meter;
  Situation situation = a_bad_day();
  meter.add(situation, std::nullopt, 0);
  meter.add(situation, a_pace(12'347, 152'000), 1'000);
  const auto lines = top_screen(situation, meter, {}, {80, 24, Ink()});
  EXPECT_EQ(lines[0], "packctl top  2026-11-30T00:53:20Z");
  EXPECT_EQ(lines[1], "2 things need a hand, 1 is behind.");
  EXPECT_EQ(lines[3], "          records/s  units/s  files/s  commits/s  sent/s  dead/s");
  EXPECT_EQ(lines[4], "now         152,000  304,000      2.0        2.0      10     1.0");
  EXPECT_EQ(lines[7], "backlog   12 files, 3320 KiB, oldest 40 s: the spool is held");
  EXPECT_EQ(lines[8], "jobs      erase in time, settle in time");
  EXPECT_THAT(lines[11], HasSubstr("inbox    silent"));
  EXPECT_THAT(lines[13], HasSubstr("needs a hand  3 usage files failed"));
}

TEST(TopScreen, fits_any_terminal) {
  PaceMeter meter;
  Situation situation = a_bad_day();
  for (int i = 0; i < 30; ++i) {
    situation.ledger->channels.push_back(situation.ledger->channels[0]);
  }
  meter.add(situation, std::nullopt, 0);
  for (const std::size_t columns : {20U, 40U, 80U, 120U}) {
    for (const std::size_t lines : {3U, 10U, 24U, 40U}) {
      const auto shown = top_screen(situation, meter, {}, {columns, lines, Ink()});
      EXPECT_LE(shown.size(), lines);
      EXPECT_THAT(shown, Each(ResultOf(shown_width, testing::Le(columns)))) << columns;
    }
  }
}

}  // namespace
}  // namespace packwarden
