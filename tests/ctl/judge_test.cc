#include <gmock/gmock.h>

#include "usecases/situation.h"

namespace packwarden {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr Instant now = Instant::from_micros(1'800'000'000'000'000);

Instant ago(std::int64_t seconds) {
  return now - Span::seconds(seconds);
}

WaitingInSpool waiting(std::uint64_t files, std::int64_t oldest_s, std::string name = "u.csv") {
  return {files, files * 1'000, ago(oldest_s), std::move(name)};
}

// A daemon at work, with one channel that delivers.
Situation well() {
  Situation situation;
  situation.as_of = now;
  situation.spool.emplace();
  situation.spool->daemon_has_it = true;
  situation.spool->free_bytes = 1ULL << 40;
  situation.ledger.emplace();
  situation.ledger->jobs = {{"settle", "", ago(5), ago(5), ago(5)}};
  ChannelStanding sms;
  sms.name = "sms";
  sms.state = "delivering";
  sms.silent_s = 1;
  situation.ledger->channels = {sms};
  return situation;
}

// "SEVERITY code: command", in the order in which they are shown.
std::vector<std::string> judged(const Situation& situation) {
  std::vector<std::string> all;
  for (const Finding& finding : judge(situation, {})) {
    EXPECT_EQ(finding.sentence.back(), '.') << finding.sentence;
    EXPECT_EQ(finding.sentence.find('\n'), std::string::npos);
    all.push_back(std::string(name_of(finding.severity)) + " " + finding.code + ": " +
                  finding.command);
  }
  return all;
}

std::string sentence(const Situation& situation) {
  return judge(situation, {}).at(0).sentence;
}

TEST(Judge, nothing_is_said_when_all_is_well) {
  Situation situation = well();
  EXPECT_THAT(judged(situation), ElementsAre());
  situation.spool->incoming = waiting(40, 60);
  situation.ledger->channels[0].waiting = 10;
  situation.ledger->channels[0].oldest_s = 60;
  EXPECT_THAT(judged(situation), ElementsAre()) << "what has just come may wait";
}

TEST(Judge, without_a_daemon_nothing_is_taken) {
  Situation situation = well();
  situation.spool->daemon_has_it = false;
  situation.spool->incoming = waiting(2, 5'000);
  EXPECT_THAT(judged(situation),
              ElementsAre("needs_a_hand no_daemon: systemctl start packwardend"));
  EXPECT_EQ(sentence(situation),
            "No daemon works on the spool: nothing is taken, and 2 files wait.");
}

TEST(Judge, accounts_that_a_job_has_set_aside_are_named) {
  Situation situation = well();
  for (int i = 1; i <= 5; ++i) {
    SetAside one;
    one.job = "settle";
    one.account_name = "acme-" + std::to_string(i);
    one.reason = "the database cannot hold a value: Out of range value (1264)";
    one.since = ago(7'300);
    situation.ledger->set_aside.push_back(one);
  }
  situation.ledger->set_aside.back().account_name = "it's";
  std::swap(situation.ledger->set_aside.front(), situation.ledger->set_aside.back());
  situation.ledger->set_aside_accounts["settle"] = 1'000;
  EXPECT_THAT(judged(situation),
              ElementsAre("needs_a_hand account_set_aside: packctl account show 'it'\\''s'",
                          "needs_a_hand account_set_aside: packctl account show 'acme-2'",
                          "needs_a_hand account_set_aside: packctl account show 'acme-3'",
                          "needs_a_hand account_set_aside: packctl --output json status"));
  EXPECT_EQ(sentence(situation),
            "Job settle cannot store what is due for account 'it's', and has left it out for 2 h: "
            "the database cannot hold a value: Out of range value (1264).");
  EXPECT_EQ(judge(situation, {}).back().sentence, "997 more accounts are set aside by jobs.");
}

TEST(Judge, files_that_wait_for_long_are_behind) {
  Situation situation = well();
  situation.spool->incoming = waiting(3, 901);
  situation.spool->work = waiting(1, 7'300);
  EXPECT_THAT(judged(situation), ElementsAre("behind files_wait: packctl top"));
  EXPECT_EQ(sentence(situation), "4 usage files wait, the oldest for 2 h.");
}

TEST(Judge, a_spool_that_is_held_is_known_to_be_so) {
  Situation situation = well();
  situation.spool->hold = SpoolHold{ago(600), "an audit"};
  EXPECT_THAT(judged(situation), ElementsAre("note spool_held: packctl spool release"));
  situation.spool->incoming = waiting(1, 901);
  EXPECT_THAT(judged(situation), ElementsAre("behind spool_held: packctl spool release"))
      << "and its files do not wait for another reason";
  EXPECT_EQ(sentence(situation), "The spool has been held for 10 min (an audit): 1 file waits.");
}

TEST(Judge, failed_files_need_a_hand_and_the_last_is_named) {
  Situation situation = well();
  FailedFile failed;
  failed.file.name = "a\n.csv";
  failed.file.claim = "20270115T080000.000000Z-0001";
  failed.reason = "it is no Zstandard";
  situation.spool->failed = 1;
  situation.spool->last_failed = {failed};
  EXPECT_THAT(judged(situation), ElementsAre("needs_a_hand files_failed: packctl spool retry "
                                             "20270115T080000.000000Z-0001"));
  EXPECT_EQ(sentence(situation), "1 usage file failed: 'a\\x0A.csv': it is no Zstandard.");
  situation.spool->failed = 7;
  EXPECT_THAT(judged(situation),
              ElementsAre("needs_a_hand files_failed: packctl spool status --failed"));
  EXPECT_THAT(sentence(situation), HasSubstr("7 usage files failed; the last is"));
}

TEST(Judge, rejects_need_a_hand_once_nobody_has_looked_after_them_for_a_day) {
  Situation situation = well();
  situation.spool->open_rejects = waiting(2, 3'600);
  EXPECT_THAT(judged(situation), ElementsAre("note rejects_open: packctl rejects list"));
  situation.spool->open_rejects = waiting(2, 86'401);
  EXPECT_THAT(judged(situation), ElementsAre("needs_a_hand rejects_open: packctl rejects list"));
}

TEST(Judge, a_job_that_is_late_needs_a_hand_unless_somebody_is_at_it) {
  Situation situation = well();
  situation.ledger->jobs = {{"settle", "", ago(700)}};
  EXPECT_THAT(judged(situation),
              ElementsAre("needs_a_hand job_late: journalctl -u packwardend -n 50"));
  EXPECT_EQ(sentence(situation), "Job settle is 11 min late, and no daemon is at it.");
  situation.ledger->jobs[0].holder = "billing-1:77";
  EXPECT_THAT(judged(situation), ElementsAre("behind job_late: packctl job list"));
  situation.ledger->jobs[0].done_until = ago(610);
  EXPECT_THAT(judged(situation), ElementsAre()) << "due each 10 s";
  situation.ledger->jobs[0].done_until = std::nullopt;
  EXPECT_THAT(judged(situation), ElementsAre()) << "never run: nothing was due";
}

TEST(Judge, each_state_of_a_channel_has_its_next_step) {
  Situation situation = well();
  ChannelStanding& sms = situation.ledger->channels[0];
  sms.silent_s = 31;
  EXPECT_THAT(judged(situation),
              ElementsAre("needs_a_hand channel_silent: systemctl status packwarden-channel@sms"));
  sms.silent_s = 1;
  sms.state = "";
  EXPECT_THAT(judged(situation), ElementsAre("needs_a_hand channel_never_started: systemctl "
                                             "enable --now packwarden-channel@sms"));
  for (const char* state : {"broken", "failed"}) {
    sms.state = state;
    sms.detail = "no such symbol";
    EXPECT_THAT(judged(situation), ElementsAre("needs_a_hand channel_" + sms.state +
                                               ": journalctl -u packwarden-channel@sms -n 50"));
    EXPECT_THAT(sentence(situation), HasSubstr(": no such symbol."));
  }
  sms.state = "stopped";
  EXPECT_THAT(judged(situation),
              ElementsAre("note channel_stopped: systemctl start packwarden-channel@sms"));
  sms.waiting = 1;
  EXPECT_THAT(judged(situation),
              ElementsAre("needs_a_hand channel_stopped: systemctl start packwarden-channel@sms"));
  sms.state = "failing";
  sms.detail = "the provider answers 503";
  EXPECT_THAT(judged(situation), ElementsAre("behind channel_failing: packctl channel list"));
  sms.paused = true;
  EXPECT_THAT(judged(situation), ElementsAre("behind channel_paused: packctl channel resume sms"));
  sms.waiting = 0;
  EXPECT_THAT(judged(situation), ElementsAre("note channel_paused: packctl channel resume sms"));
}

TEST(Judge, deliveries_that_wait_are_held_or_dead) {
  Situation situation = well();
  ChannelStanding& sms = situation.ledger->channels[0];
  sms.waiting = 1;
  sms.oldest_s = 901;
  sms.held = 1;
  sms.dead = 2;
  sms.expired = 3;
  EXPECT_THAT(
      judged(situation),
      ElementsAre("needs_a_hand deliveries_held: packctl notice list --state held --channel sms",
                  "needs_a_hand deliveries_dead: packctl notice list --state dead --channel sms",
                  "behind deliveries_wait: packctl channel list",
                  "note deliveries_expired: packctl notice list --state expired --channel sms"));
  EXPECT_EQ(sentence(situation),
            "1 delivery of channel sms is held: the provider may or may not have it.");
  sms.at_least = true;
  EXPECT_THAT(sentence(situation), HasSubstr("At least 1 delivery"));
}

TEST(Judge, a_channel_that_was_taken_out_of_the_settings_leaves_no_notices_behind_unseen) {
  Situation situation = well();
  ChannelStanding& sms = situation.ledger->channels[0];
  sms.configured = false;
  sms.state = "stopped";
  EXPECT_THAT(judged(situation), ElementsAre());
  sms.waiting = 4;
  EXPECT_THAT(judged(situation),
              ElementsAre("needs_a_hand channel_gone: packctl notice discard --channel sms"));
}

TEST(Judge, the_disk_the_clocks_and_what_was_put_aside) {
  Situation situation = well();
  situation.spool->free_bytes = 700ULL << 20;
  situation.ledger->clock_ahead_ms = -26'000;
  situation.spool->held = waiting(1, 10, "it's.csv");
  situation.spool->being_written = waiting(1, 3'700, ".u.csv");
  EXPECT_THAT(judged(situation),
              ElementsAre("needs_a_hand disk_full: packctl spool status",
                          "needs_a_hand clocks_apart: timedatectl timesync-status",
                          "note files_held: packctl spool release 'it'\\''s.csv'",
                          "note not_renamed: packctl spool status"));
}

TEST(Judge, O10_a_ledger_ahead_of_the_clock_and_U8_a_database_that_went_back) {
  Situation situation = well();
  LedgerSituation& ledger = *situation.ledger;
  ledger.last_instant = ledger.database_clock + Span::seconds(25);
  ledger.sequence = 117;
  ledger.daemons = {{"a", "east/1", "1f", 117}};
  EXPECT_THAT(judged(situation), ElementsAre());
  ledger.last_instant = ledger.database_clock + Span::seconds(26);
  ledger.daemons = {{"a", "east/1", "1f", 117}, {"b", "west/2", "1f", 120}};
  EXPECT_THAT(judged(situation),
              ElementsAre("needs_a_hand ledger_ahead: packctl deployment set ledger-time",
                          "needs_a_hand ledger_behind: packctl deployment accept-older 117"));
}

TEST(Judge, what_cannot_be_seen_needs_a_hand_and_the_rest_is_judged_still) {
  Situation situation = well();
  situation.ledger.reset();
  situation.ledger_missing = "The database is unreachable.";
  situation.spool->failed = 2;
  EXPECT_THAT(judged(situation),
              ElementsAre("needs_a_hand files_failed: packctl spool status --failed",
                          "needs_a_hand database_not_seen: "));
}

TEST(Judge, S40_settings_that_do_not_fit_the_ledger_and_overage_without_a_price) {
  Situation situation = well();
  situation.settings_refused = {"the ledger's amounts are in CNY, and the catalogue says USD"};
  situation.ledger->unpriced = {{"captcha", {20'000}, {20'003}, 1'200}};
  EXPECT_THAT(judged(situation),
              ElementsAre("needs_a_hand settings_differ: packctl config check",
                          "needs_a_hand overage_without_price: packctl deployment show --history"));
  situation.settings_refused.clear();
  EXPECT_EQ(
      sentence(situation),
      "1,200 units of overage of product captcha, used from 2024-10-04 to 2024-10-07, have no "
      "price: no bill charges them until they have one.");
}

TEST(Judge, S40_daemons_that_would_do_different_things_are_named) {
  Situation situation = well();
  situation.ledger->daemons = {{"a", "east/1", "1f"}, {"b", "west/2", "1f"}, {"c", "south/3", ""}};
  EXPECT_THAT(judged(situation), ElementsAre()) << "c has not said yet";
  situation.ledger->daemons[1].meaning_digest = "2e";
  EXPECT_THAT(judged(situation),
              ElementsAre("needs_a_hand catalogues_differ: packctl config check"));
  EXPECT_THAT(sentence(situation), HasSubstr("spool 'a' (east/1) and spool 'b' (west/2)"));
}

}  // namespace
}  // namespace packwarden
