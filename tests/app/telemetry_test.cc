#include "app/telemetry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "app/clocks.h"
#include "app/process_figures.h"
#include "support/folder.h"
#include "usecases/billing_jobs.h"

namespace packwarden {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class TelemetryOf : public testing::Test {
 protected:
  std::string metrics() const {
    std::string text;
    telemetry.append_metrics(text);
    return text;
  }
  void serve() {
    telemetry.ready.books_are_loaded();
    telemetry.ready.entitlements_are_as_of(now());
  }

  Settings settings;
  Telemetry telemetry{settings};
};

TEST_F(TelemetryOf, a_daemon_is_ready_once_ledger_and_entitlements_are_loaded) {
  EXPECT_THAT(telemetry.readiness().faults, ElementsAre(StartsWith("loading: ")));
  telemetry.ready.books_are_loaded();
  EXPECT_THAT(telemetry.readiness().faults, ElementsAre(StartsWith("loading: ")));
  telemetry.ready.entitlements_are_as_of(now());
  EXPECT_THAT(telemetry.readiness().faults, IsEmpty());
  EXPECT_THAT(metrics(), HasSubstr("packwarden_not_ready{reason=\"loading\"} 0\n"));
}

TEST_F(TelemetryOf, a_database_that_was_never_reached_is_a_reason) {
  telemetry.ready.database_fails("the database cannot be reached: of the test (2002)");
  EXPECT_THAT(telemetry.readiness().faults,
              ElementsAre(HasSubstr("database: not reached yet: the database cannot be reached: of "
                                    "the test (2002)"),
                          StartsWith("loading: ")));
  EXPECT_THAT(metrics(), HasSubstr("packwarden_not_ready{reason=\"database\"} 1\n"));
}

TEST_F(TelemetryOf, one_error_of_the_database_is_no_reason_while_it_was_reached_lately) {
  serve();
  telemetry.ready.database_fails("a deadlock");
  EXPECT_THAT(telemetry.readiness().faults, IsEmpty());
}

TEST_F(TelemetryOf, a_database_that_does_not_answer_is_a_reason_in_time) {
  settings.http.ready_database_max_age_s = 0;
  Telemetry strict(settings);
  strict.ready.books_are_loaded();
  strict.ready.entitlements_are_as_of(now());
  EXPECT_THAT(strict.readiness().faults,
              ElementsAre(HasSubstr("database: not reached for 0 s: it does not answer")));
}

TEST_F(TelemetryOf, a_spool_is_a_reason_until_it_works) {
  serve();
  telemetry.ready.spool_fails("the disk is full");
  EXPECT_THAT(telemetry.readiness().faults, ElementsAre("spool: the disk is full"));
  EXPECT_THAT(metrics(), HasSubstr("packwarden_not_ready{reason=\"spool\"} 1\n"));
  telemetry.ready.spool_works();
  EXPECT_THAT(telemetry.readiness().faults, IsEmpty());
}

TEST_F(TelemetryOf, a_held_spool_is_a_remark) {
  serve();
  telemetry.ready.spool_is_held(true);
  EXPECT_THAT(telemetry.readiness().faults, IsEmpty());
  EXPECT_THAT(telemetry.readiness().remarks, ElementsAre(HasSubstr("packctl spool release")));
}

TEST_F(TelemetryOf, loops_that_stand_still_are_faults_of_its_health) {
  EXPECT_THAT(telemetry.health().faults, IsEmpty());
  telemetry.watch_loops([] { return std::vector<std::string>{"ingest stands still"}; });
  EXPECT_THAT(telemetry.health().faults, ElementsAre("ingest stands still"));
}

TEST_F(TelemetryOf, who_stops_is_not_ready_and_healthy) {
  serve();
  telemetry.ready.stopping();
  EXPECT_THAT(telemetry.readiness().faults, ElementsAre(StartsWith("stopping: ")));
  EXPECT_THAT(telemetry.health().faults, IsEmpty());
}

TEST(ReadinessOf, U8_an_older_database_is_a_fault_once_it_stays_so) {
  Readiness waits(std::chrono::seconds(10), std::chrono::hours(1));
  EXPECT_FALSE(waits.ledger_is_behind("it went back"));
  EXPECT_THAT(waits.standing().faults, Not(Contains(StartsWith("ledger: "))));
  Readiness at_once(std::chrono::seconds(10), std::chrono::seconds(0));
  EXPECT_TRUE(at_once.ledger_is_behind("it went back"));
  EXPECT_THAT(at_once.standing().faults, Contains("ledger: it went back"));
  at_once.ledger_goes_on();
  EXPECT_THAT(at_once.standing().faults, Not(Contains(StartsWith("ledger: "))));
}

TEST_F(TelemetryOf, commits_are_in_the_histograms_of_their_kind) {
  using std::chrono::milliseconds;
  const CommitObserver commits = telemetry.commits();
  commits({"ingest", milliseconds(3), milliseconds(40), milliseconds(30)});
  commits({"settle", milliseconds(3), milliseconds(40), milliseconds(30)});
  commits({"settle", milliseconds(3'000), milliseconds(4'000), milliseconds(3'500)});
  const std::string text = metrics();
  EXPECT_THAT(text, HasSubstr("packwarden_ledger_commit_seconds_count{kind=\"ingest\"} 1\n"));
  EXPECT_THAT(text,
              HasSubstr("packwarden_ledger_commit_seconds_bucket{kind=\"settle\",le=\"1\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("packwarden_ledger_transaction_seconds_sum{kind=\"settle\"} 4.04"));
  EXPECT_THAT(text, HasSubstr("packwarden_ledger_held_seconds_sum{kind=\"settle\"} 3.53"));
}

TEST_F(TelemetryOf, what_was_not_sampled_is_not_told) {
  EXPECT_THAT(metrics(), Not(HasSubstr("packwarden_spool_files{")));
  EXPECT_THAT(metrics(), Not(HasSubstr("packwarden_job_lateness_seconds{")));
  EXPECT_THAT(metrics(), Not(HasSubstr("packwarden_sample_age_seconds{")));
}

TEST_F(TelemetryOf, ages_in_the_spool_are_those_of_the_scrape) {
  SpoolState spool;
  spool.incoming.files = 2;
  spool.incoming.bytes = 2'048;
  const Instant seen_at = now();
  spool.incoming.oldest = seen_at - Span::seconds(1'000);
  spool.hold = SpoolHold{seen_at - Span::seconds(500), "of the test"};
  spool.failed = 3;
  telemetry.samples.spool_is(spool, 4'096);
  MetricList list;
  telemetry.samples.collect(list, seen_at + Span::seconds(100));
  const std::string text = list.text();
  EXPECT_THAT(text, HasSubstr("packwarden_spool_files{folder=\"incoming\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("packwarden_spool_bytes{folder=\"incoming\"} 2048\n"));
  EXPECT_THAT(text,
              HasSubstr("packwarden_spool_oldest_file_age_seconds{folder=\"incoming\"} 1100\n"));
  EXPECT_THAT(text, HasSubstr("packwarden_spool_oldest_file_age_seconds{folder=\"work\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("packwarden_spool_files{folder=\"failed\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("packwarden_spool_held_seconds 600\n"));
  EXPECT_THAT(text, HasSubstr("packwarden_spool_size_bytes 4096\n"));
}

TEST_F(TelemetryOf, a_channel_and_a_job_are_told_as_they_were_seen) {
  LedgerSituation ledger;
  ledger.sequence = 42;
  ledger.clock_ahead_ms = 1'500;
  const Instant done_until = now() - Span::seconds(1'000);
  ledger.jobs.push_back({"settle", "", done_until, done_until, done_until});
  ChannelStanding sms;
  sms.name = "sms";
  sms.state = "broken";
  sms.held = 5;
  sms.starts = 9;
  ledger.channels.push_back(sms);
  telemetry.samples.ledger_is(ledger);
  MetricList list;
  telemetry.samples.collect(list, done_until + Span::seconds(70));
  const std::string text = list.text();
  EXPECT_THAT(text, HasSubstr("packwarden_ledger_sequence 42\n"));
  EXPECT_THAT(text, HasSubstr("packwarden_database_clock_skew_seconds -1.5\n"));
  EXPECT_THAT(text, HasSubstr("packwarden_job_lateness_seconds{job_name=\"settle\"} 60\n"));
  EXPECT_THAT(text, HasSubstr("packwarden_settlement_overdue_seconds 0\n"));
  EXPECT_THAT(text, HasSubstr("packwarden_channel_state{channel=\"sms\",state=\"broken\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("packwarden_channel_state{channel=\"sms\",state=\"failed\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("packwarden_outbox_deliveries{channel=\"sms\",state=\"held\"} 5\n"));
  EXPECT_THAT(text, HasSubstr("packwarden_channel_starts_total{channel=\"sms\"} 9\n"));
  // It was never heard of.
  EXPECT_THAT(text, Not(HasSubstr("packwarden_channel_silent_seconds{")));
}

TEST_F(TelemetryOf, S40_daemons_that_differ_and_overage_without_a_price_are_told) {
  LedgerSituation ledger;
  telemetry.samples.ledger_is(ledger);
  EXPECT_THAT(metrics(), HasSubstr("packwarden_catalogues_differ{spool=\"\",other=\"\"} 0\n"));
  EXPECT_THAT(metrics(), HasSubstr("packwarden_unpriced_overage_units{product=\"\"} 0\n"));
  ledger.daemons = {{"a", "east/1", "1f"}, {"b", "west/2", "2e"}};
  ledger.unpriced = {{"captcha", {20'000}, {20'003}, 1'200}};
  telemetry.samples.ledger_is(ledger);
  const std::string text = metrics();
  EXPECT_THAT(text, HasSubstr("packwarden_catalogues_differ{spool=\"a\",other=\"b\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("packwarden_unpriced_overage_units{product=\"captcha\"} 1200\n"));
}

TEST_F(TelemetryOf, a_job_is_late_by_the_interval_of_the_last_reload) {
  LedgerSituation ledger;
  const Instant done_until = now() - Span::seconds(1'000);
  ledger.jobs.push_back({"expire", "", done_until, done_until, done_until});
  telemetry.samples.ledger_is(ledger);
  SituationLimits limits;
  limits.job_interval_s = 3'600;
  telemetry.samples.judge_by(limits, 0);
  MetricList list;
  telemetry.samples.collect(list, done_until + Span::seconds(3'610));
  EXPECT_THAT(list.text(), HasSubstr("packwarden_job_lateness_seconds{job_name=\"expire\"} 10\n"));
}

struct Overdue {
  const char* done_until;
  const char* now;
  std::int64_t overdue_s;
};
class SettlementOverdue : public testing::TestWithParam<Overdue> {};

TEST_P(SettlementOverdue, O6_charges_are_due_by_twelve_of_the_next_business_day) {
  const auto at = [](std::string_view text) {
    return parse_rfc3339(text.data(), text.data() + text.size()).value();
  };
  JobRow settle{"settle", ""};
  settle.done_until = at(GetParam().done_until);
  EXPECT_EQ(settlement_overdue_s(settle, at(GetParam().now), 10'800,
                                 BusinessCalendar::for_zone("Asia/Shanghai").value()),
            GetParam().overdue_s);
}

INSTANTIATE_TEST_SUITE_P(Times, SettlementOverdue,
                         testing::Values(
                             // Nothing is due before 08:00.
                             Overdue{"2026-11-20T12:00:00+08:00", "2026-11-21T07:59:59+08:00", 0},
                             // Due, but not overdue.
                             Overdue{"2026-11-21T09:00:00+08:00", "2026-11-21T12:00:00+08:00", 0},
                             Overdue{"2026-11-21T09:00:00+08:00", "2026-11-21T12:00:07+08:00", 7},
                             // The window ends at 11:00: all of it was done.
                             Overdue{"2026-11-21T11:00:00+08:00", "2026-11-21T13:00:00+08:00", 0},
                             // The oldest day that is not done counts.
                             Overdue{"2026-11-20T09:00:00+08:00", "2026-11-21T13:00:00+08:00",
                                     25 * 3'600}));

TEST(SettlementNotOverdue, a_job_that_never_ran_is_not_overdue) {
  EXPECT_EQ(settlement_overdue_s({"settle", ""}, now(), 0,
                                 BusinessCalendar::for_zone("Asia/Shanghai").value()),
            0);
}

TEST(ProcessFigures, the_smallest_limit_of_the_cgroups_above_counts) {
  const test::Folder folder;
  const std::filesystem::path& root = folder.path();
  std::filesystem::create_directories(root / "system.slice/packwardend.service");
  std::ofstream(root / "system.slice/packwardend.service/memory.max") << "max\n";
  EXPECT_EQ(memory_limit_of_cgroup(root.c_str(), "/system.slice/packwardend.service", 900), 900u);
  std::ofstream(root / "system.slice/memory.max") << "700\n";
  EXPECT_EQ(memory_limit_of_cgroup(root.c_str(), "/system.slice/packwardend.service", 900), 700u);
  EXPECT_EQ(memory_limit_of_cgroup(root.c_str(), "/system.slice/packwardend.service", 600), 600u);
}

TEST(ProcessFigures, the_kernel_tells_all_of_them) {
  const ProcessFigures figures = process_figures();
  EXPECT_GT(figures.cpu_s, 0);
  EXPECT_GT(figures.resident_bytes, 1u << 20);
  EXPECT_GT(figures.open_fds, 2u);
  EXPECT_GE(figures.max_fds, figures.open_fds);
  EXPECT_GT(figures.memory_limit_bytes, figures.resident_bytes);
}

}  // namespace
}  // namespace packwarden
