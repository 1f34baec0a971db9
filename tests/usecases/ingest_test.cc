#include <random>
#include <set>

#include "usecases/ingest_world.h"

// The rules of usage files, on real files and a real server, through the composition that the
// daemon runs.
namespace packwarden::testing {
namespace {

using U3_Dedupe = IngestTest;
using U4_Repeat = IngestTest;
using U5_Rejects = IngestTest;
using U6_Arrival = IngestTest;
using U7_Receipt = IngestTest;
using U8_Atomic = IngestTest;
using U9_Units = IngestTest;
using N2_Notices = IngestTest;

TEST_F(U7_Receipt, SaysWhatBecameOfEachLine) {
  Host host(database, "h1");
  host.drop("a.csv", csv({{.id = "1"},
                          {.id = "2", .quantity = "30"},
                          {.id = "1"},
                          {.id = "2", .quantity = "31"},
                          {.id = "3", .account = "nobody"},
                          {.id = "4", .meter = "ticket_check"}}));
  EXPECT_EQ(host.run(), 1);
  EXPECT_EQ(host.receipt_value("a.csv", "outcome"), "taken");
  EXPECT_EQ(host.receipt_value("a.csv", "lines"), "6");
  EXPECT_EQ(host.receipt_value("a.csv", "accepted"), "3");
  EXPECT_EQ(host.receipt_value("a.csv", "duplicate"), "1");
  EXPECT_EQ(host.receipt_value("a.csv", "conflict"), "1");
  EXPECT_EQ(host.receipt_value("a.csv", "rejected"), R"({"unknown_account":1})");
  EXPECT_EQ(host.receipt_value("a.csv", "not_billable"), R"({"meter":1})");
  EXPECT_EQ(host.receipt_value("a.csv", "units"),
            R"({"accepted":32,"drawn":31,"overage":0,"overrun":0,"not_billable":1})");
  EXPECT_EQ(used_of_all_packs(database), 31);
  EXPECT_EQ(host.files_in("done").size(), 1U);
  EXPECT_TRUE(host.files_in("work").empty());
}

TEST_F(U3_Dedupe, TheSameRecordsInAnotherFileAndOrderChangeNothing) {
  Host host(database, "h1");
  host.drop("a.csv", csv({{.id = "1"}, {.id = "2"}, {.id = "3", .quantity = "7"}}));
  host.run();
  host.drop("b.csv", csv({{.id = "3", .time = "2026-11-20T19:00:00+08:00", .quantity = "7"},
                          {.id = "1"},
                          {.id = "2"}}));
  host.run();
  EXPECT_EQ(host.receipt_value("b.csv", "duplicate"), "3");
  EXPECT_EQ(host.receipt_value("b.csv", "accepted"), "0");
  EXPECT_EQ(used_of_all_packs(database), 9);
}

TEST_F(U3_Dedupe, HoldsOverARestartAndOnAnotherHost) {
  Host first(database, "h1");
  first.drop("a.csv", csv({{.id = "1"}}));
  first.run();
  first.restart();
  first.drop("b.csv", csv({{.id = "1"}, {.id = "2"}}));
  first.run();
  EXPECT_EQ(first.receipt_value("b.csv", "duplicate"), "1");
  Host second(database, "h2");
  second.drop("c.csv", csv({{.id = "1"}, {.id = "2"}, {.id = "3"}}));
  second.run();
  EXPECT_EQ(second.receipt_value("c.csv", "duplicate"), "2");
  EXPECT_EQ(used_of_all_packs(database), 3);
}

// Each call, with how many rows there were of what entitlements need.
class BesideTheBooks : public LoadedBeside {
 public:
  void begin() override { calls += "begin "; }
  void take_over(const Changes& piece) override {
    accounts += piece.accounts.size();
    packs += piece.packs.size();
    is_of_pieces = true;
  }
  void complete() override { calls += is_of_pieces ? "complete " : "too early "; }

  std::string calls;
  bool is_of_pieces = false;
  std::size_t accounts = 0;
  std::size_t packs = 0;
};

TEST_F(U3_Dedupe, WhatIsLoadedBesideTheBooksIsCompleteBeforeTheKeys) {
  Host host(database, "h1");
  host.drop("a.csv", csv({{.id = "1"}, {.id = "2"}}));
  host.run();
  BesideTheBooks beside;
  std::string calls_at_first_key;
  host.ingest().load(
      [&](std::uint64_t, std::uint64_t keys) {
        if (keys > 0 && calls_at_first_key.empty()) calls_at_first_key = beside.calls;
      },
      &beside);
  EXPECT_EQ(calls_at_first_key, "begin complete ");
  EXPECT_EQ(beside.calls, "begin complete ");
  const auto count = [&](const std::string& table) {
    return std::stoul(database.value("SELECT COUNT(*) FROM " + table));
  };
  EXPECT_EQ(beside.accounts, count("account"));
  EXPECT_EQ(beside.packs, count("pack"));
  host.drop("b.csv", csv({{.id = "2"}, {.id = "3"}}));
  host.run();
  EXPECT_EQ(host.receipt_value("b.csv", "duplicate"), "1");
}

TEST_F(U3_Dedupe, AnotherSourceIsAnotherRecord) {
  Host host(database, "h1");
  host.drop("a.csv", csv({{.id = "1", .source = "east"}, {.id = "1", .source = "west"}}));
  host.run();
  EXPECT_EQ(host.receipt_value("a.csv", "accepted"), "2");
}

TEST_F(U3_Dedupe, OtherContentIsAConflictAndTheFirstStands) {
  add_account(database, "other");
  Host host(database, "h1");
  host.drop("a.csv", csv({{.id = "1"}}));
  host.run();
  host.drop("b.csv", csv({{.id = "1", .account = "other"},
                          {.id = "1", .account = "acme-shop"},
                          {.id = "1", .time = "2026-11-20T11:00:00.000000001Z"},
                          {.id = "1", .meter = "ticket_check"},
                          {.id = "1", .quantity = "2"}}));
  host.run();
  EXPECT_EQ(host.receipt_value("b.csv", "conflict"), "5");
  EXPECT_EQ(host.receipt_value("b.csv", "rejected"), "{}");
  EXPECT_NE(host.rejects("b.csv").find("2,conflict,"), std::string::npos);
  EXPECT_EQ(used_of_all_packs(database), 1);
}

TEST_F(U3_Dedupe, ARejectedRecordDoesNotHoldItsId) {
  Host host(database, "h1");
  host.drop("a.csv", csv({{.id = "1", .account = "late-comer"}}));
  host.run();
  EXPECT_EQ(host.receipt_value("a.csv", "rejected"), R"({"unknown_account":1})");
  add_account(database, "late-comer");
  host.drop("b.csv", csv({{.id = "1", .account = "late-comer"}, {.id = "9"}}));
  host.run();
  EXPECT_EQ(host.receipt_value("b.csv", "accepted"), "2");
}

TEST_F(U3_Dedupe, KeysBeyondTheWindowAreLetGoAndTheirTimeIsClosed) {
  Host host(database, "h1");
  host.drop("a.csv", csv({{.id = "1"}}));
  host.run(noon);
  const Instant later = noon + Span::days(38);
  EXPECT_EQ(host.ingest().let_go(later, later), 1U);
  EXPECT_EQ(host.ingest().let_go(later, later), 0U);
  // A wider acceptance window does not open again what was let go.
  host.settings().acceptance.max_age = Span::days(60);
  host.restart();
  EXPECT_EQ(host.ingest().books().index().size(), 0U);
  host.drop("b.csv", csv({{.id = "1", .quantity = "5"}}));
  host.run(later);
  EXPECT_EQ(host.receipt_value("b.csv", "rejected"), R"({"too_old":1})");
  EXPECT_EQ(used_of_all_packs(database), 1);
}

TEST_F(U3_Dedupe, KeysInsideTheWindowAreKept) {
  Host host(database, "h1");
  host.drop("a.csv", csv({{.id = "1"}}));
  host.run(noon);
  EXPECT_EQ(host.ingest().let_go(noon + Span::days(36), noon + Span::days(36)), 0U);
  EXPECT_EQ(host.ingest().books().index().size(), 1U);
}

TEST_F(U3_Dedupe, WhatIsLetGoIsClosedWhateverTheSkewWasWhenItCame) {
  const AcceptanceWindow wide{Span::days(35), Span::minutes(12 * 60)};
  const Line line{.id = "1", .time = "2026-11-21T06:00:00Z"};
  Host host(database, "h1");
  host.settings().acceptance = wide;
  host.restart();
  host.drop("a.csv", csv({line}));
  host.run(noon + Span::minutes(11 * 60));
  ASSERT_EQ(used_of_all_packs(database), 1);

  host.settings().acceptance = {Span::days(1), Span::minutes(5)};
  host.settings().dedupe_window_days = 2;
  host.restart();
  EXPECT_EQ(host.ingest().let_go(noon + Span::days(4), noon + Span::days(4)), 1U);

  host.settings().acceptance = wide;
  host.settings().dedupe_window_days = 36;
  host.restart();
  host.drop("b.csv", csv({line, {.id = "2", .time = "2026-11-22T00:00:00Z"}}));
  host.run(noon + Span::days(4));
  EXPECT_EQ(host.receipt_value("b.csv", "rejected"), R"({"too_old":1})");
  EXPECT_EQ(host.receipt_value("b.csv", "accepted"), "1");
  EXPECT_EQ(used_of_all_packs(database), 2);
}

// Else a restart would not load its key, and the rows would be deleted.
TEST_F(U3_Dedupe, AKeyThatIsAcceptedBelongsToADayThatIsHeld) {
  Host host(database, "h1");
  host.settings().acceptance.max_skew = Span::minutes(12 * 60);
  host.restart();
  host.drop("a.csv", csv({{.id = "1", .time = "2026-11-21T06:00:00Z"},
                          {.id = "2", .time = "2026-11-21T10:00:00Z"}}));
  Host other(database, "h2");
  other.settings().dedupe_window_days = 2;
  other.settings().acceptance = {Span::days(1), Span::minutes(5)};
  other.restart();
  other.ingest().let_go(noon + Span::days(3), noon + Span::days(3));
  host.run(noon + Span::minutes(11 * 60));  // as of a file that was claimed and left over
  const std::size_t held = host.ingest().books().index().size();
  host.restart();
  EXPECT_EQ(host.ingest().books().index().size(), held);
}

TEST_F(U4_Repeat, TheSameContentUnderAnotherNameChangesNothing) {
  Host host(database, "h1");
  const std::string text = csv({{.id = "1"}, {.id = "2", .account = "nobody"}});
  host.drop("a.csv", text);
  host.run();
  host.drop("renamed.csv", text);
  host.run(noon + Span::days(300));
  EXPECT_EQ(host.receipt_value("renamed.csv", "outcome"), "repeat");
  EXPECT_EQ(host.receipt_value("renamed.csv", "lines"), "0");
  EXPECT_EQ(host.receipt_value("renamed.csv", "rejected"), "{}");
  EXPECT_EQ(used_of_all_packs(database), 1);
}

TEST_F(U4_Repeat, of_two_runs_as_at_one_instant_the_second_says_repeat) {
  Host host(database, "h1");
  host.drop("first.csv", csv({{.id = "1"}}));
  host.run();
  host.restart();  // counts its claims from the beginning
  host.drop("second.csv", csv({{.id = "1"}}));
  host.run();
  EXPECT_EQ(host.receipt_value("first.csv", "outcome"), "taken");
  EXPECT_EQ(host.receipt_value("second.csv", "outcome"), "repeat");
  EXPECT_EQ(host.receipt_value("second.csv", "accepted"), "0");
}

TEST_F(U4_Repeat, TwoCopiesAtOnceAreOneFileAndOneRepeat) {
  Host host(database, "h1", 2, 1);
  const std::string text = csv({{.id = "1"}, {.id = "2"}, {.id = "3"}, {.id = "4"}, {.id = "5"}});
  host.drop("a.csv", text);
  host.drop("b.csv", text);
  host.run();
  std::set<std::string> outcomes = {host.receipt_value("a.csv", "outcome"),
                                    host.receipt_value("b.csv", "outcome")};
  EXPECT_EQ(outcomes, (std::set<std::string>{"repeat", "taken"}));
  EXPECT_EQ(used_of_all_packs(database), 5);
}

TEST_F(U4_Repeat, AFileHalfDoneOnOneHostIsCompletedByItsCopyOnAnother) {
  Host first(database, "h1", 2, 1);
  Host second(database, "h2", 1000, 1000);  // its own unit size does not matter
  const std::string text = csv({{.id = "1"}, {.id = "2"}, {.id = "3"}, {.id = "4"}, {.id = "5"}});
  first.drop("a.csv", text);
  ASSERT_TRUE(first.round());
  second.drop("copy.csv", text);
  second.run();
  EXPECT_EQ(second.receipt_value("copy.csv", "outcome"), "repeat");
  EXPECT_EQ(used_of_all_packs(database), 5);
  first.run();
  EXPECT_EQ(first.receipt_value("a.csv", "outcome"), "taken");
  EXPECT_EQ(first.receipt_value("a.csv", "accepted"), "5");
}

TEST_F(U5_Rejects, EachLineHasTheFirstReasonThatHolds) {
  Host host(database, "h1");
  host.drop("a.csv", csv({{.id = "1", .time = "yesterday"},
                          {.id = "2", .quantity = "0"},
                          {.id = "3", .account = "nobody", .product = "nothing"},
                          {.id = "4", .product = "nothing", .meter = "none"},
                          {.id = "5", .meter = "none", .time = "2020-01-01T00:00:00Z"},
                          {.id = "6", .time = "2026-10-16T11:59:59.999999999Z"},
                          {.id = "7", .time = "2026-10-16T12:00:00Z"},
                          {.id = "8", .time = "2026-11-20T12:05:00Z"},
                          {.id = "9", .time = "2026-11-20T12:05:00.000000001Z"},
                          {.id = ""}}) +
                         "only,three,fields\n");
  host.run();
  EXPECT_EQ(host.receipt_value("a.csv", "rejected"),
            R"({"malformed":1,"missing_field":1,"bad_time":1,"bad_quantity":1,"unknown_account":1,)"
            R"("unknown_product":1,"unknown_meter":1,"too_old":1,"in_future":1})");
  EXPECT_EQ(host.receipt_value("a.csv", "accepted"), "2");
  EXPECT_NE(host.rejects("a.csv").find("only,three,fields"), std::string::npos);
}

TEST_F(U5_Rejects, AFileThatCannotBeReadGoesToFailedAndDoesNotStopTheNext) {
  Host host(database, "h1");
  host.drop("a.csv", "this,is,no,header\n1,2,3,4\n");
  host.drop("b.csv", csv({{.id = "1"}}));
  host.run();
  EXPECT_EQ(host.receipt_value("a.csv", "outcome"), "failed");
  EXPECT_EQ(host.files_in("failed").size(), 1U);
  EXPECT_EQ(host.receipt_value("b.csv", "accepted"), "1");
}

TEST_F(U6_Arrival, IsTheClaimAndOutlivesARestart) {
  Host host(database, "h1", 2, 1);
  // Two days before the window closes for them; the second unit is rated ten days later.
  const Line old{.id = "", .time = "2026-10-18T12:00:00Z"};
  std::vector<Line> lines(4, old);
  for (int i = 0; i < 4; ++i) lines[static_cast<std::size_t>(i)].id = std::to_string(i);
  host.drop("a.csv", csv(lines));
  ASSERT_TRUE(host.round(noon));
  host.restart();
  host.run(noon + Span::days(10));
  EXPECT_EQ(host.receipt_value("a.csv", "accepted"), "4");
}

TEST_F(U9_Units, AreCutFromTheStartAndCommittedOneByOne) {
  Host host(database, "h1", 3, 1);
  std::vector<Line> lines;
  for (int i = 0; i < 10; ++i) lines.push_back({.id = std::to_string(i)});
  lines[4].account = "nobody";
  host.drop("a.csv", csv(lines));
  EXPECT_EQ(host.run(), 4);
  EXPECT_EQ(database.value("SELECT GROUP_CONCAT(data_lines ORDER BY unit_no) FROM rating_unit"),
            "3,3,3,1");
  EXPECT_EQ(host.receipt_value("a.csv", "accepted"), "9");
}

TEST_F(U5_Rejects, AFileThatBreaksOffKeepsItsUnitsAndAGoodCopyCompletesIt) {
  Host host(database, "h1", 2, 1);
  const std::string text = csv({{.id = "1"}, {.id = "2"}, {.id = "3"}, {.id = "4"}, {.id = "5"}});
  host.drop("a.csv", text);
  ASSERT_TRUE(host.round());
  host.restart();
  host.spoil_in_work();
  host.run();
  host.drop("good.csv", text);
  host.run();
  EXPECT_EQ(used_of_all_packs(database), 5);
}

TEST_F(U9_Units, ManySmallFilesAreCommittedTogether) {
  Host host(database, "h1");
  for (int i = 0; i < 50; ++i)
    host.drop("f" + std::to_string(i) + ".csv", csv({{.id = std::to_string(i)}}));
  EXPECT_LE(host.run(), 2);
  EXPECT_EQ(host.files_in("receipts").size(), 50U);
  EXPECT_EQ(used_of_all_packs(database), 50);
}

TEST_F(U8_Atomic, AKillAtAnyRoundLosesNothingAndRepeatsNothing) {
  Host host(database, "h1", 2, 1);
  std::vector<Line> lines;
  for (int i = 0; i < 21; ++i)
    lines.push_back({.id = std::to_string(i), .quantity = std::to_string(i + 1)});
  host.drop("a.csv", csv(lines));
  int rounds = 0;
  while (host.round()) {
    ++rounds;
    host.restart();
  }
  EXPECT_GE(rounds, 11);
  EXPECT_EQ(used_of_all_packs(database), 21 * 22 / 2);
  EXPECT_EQ(host.receipt_value("a.csv", "accepted"), "21");
}

TEST_F(U8_Atomic, TwoHostsWithHalfOfTheRecordsInBothChargeEachOnce) {
  const auto seed = std::random_device{}();
  std::mt19937 random(seed);
  const auto pick = [&](int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random);
  };
  add_pack(database, "acme", 1'000'000);
  Host hosts[2] = {{database, "h1", 10, 1}, {database, "h2", 10, 1}};
  std::set<int> all;
  int next = 0;
  for (int round = 0; round < 40; ++round) {
    for (int h = 0; h < 2; ++h) {
      std::vector<Line> lines;
      for (int i = 0; i < 25; ++i) {
        const int id = pick(0, 1) == 0
                           ? next++
                           : pick(0, next);  // every second one was dropped somewhere before
        all.insert(id);
        lines.push_back({.id = std::to_string(id)});
      }
      hosts[h].drop("f" + std::to_string(round) + ".csv", csv(lines));
    }
    for (int step = pick(0, 12); step > 0; --step) {
      hosts[pick(0, 1)].round();
      if (pick(0, 9) == 0) hosts[pick(0, 1)].restart();
    }
  }
  while (hosts[0].round() || hosts[1].round()) {
  }
  EXPECT_EQ(used_of_all_packs(database), static_cast<Units>(all.size())) << "seed " << seed;
  EXPECT_EQ(database.value("SELECT COUNT(*) FROM ledger_transaction"),
            database.value("SELECT seq FROM ledger_sequence"));
}

TEST_F(U8_Atomic, NewAccountsMakeABatchStaleOnlyIfOneWasUnknown) {
  Host host(database, "h1");
  for (const std::string name : {"one", "two", "three"}) {
    add_account(database, name);
    host.drop(name + ".csv", csv({{.id = name}}));
    const auto report = host.ingest().round(noon, noon);
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->committed);
  }
  host.drop("last.csv", csv({{.id = "4", .account = "three"}}));
  add_account(database, "four");
  host.run();
  EXPECT_EQ(host.receipt_value("last.csv", "accepted"), "1");
  EXPECT_EQ(used_of_all_packs(database), 3);
}

// U2 counts on from what the ledger has of the file. That may not be what this daemon wrote: a
// restored database in which another one was here first.
TEST_F(U9_Units, U2_WhatWasDecidedOnAnotherSumOfItsFileIsReadAgain) {
  Host host(database, "h1", 2, 1);
  host.drop("a.csv", csv({{.id = "1"}, {.id = "2"}, {.id = "3"}, {.id = "4"}}));
  ASSERT_TRUE(host.round());
  database.session().execute("UPDATE rating_unit SET accepted_units = 1");
  const auto report = host.ingest().round(noon, noon);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->stale);
  EXPECT_FALSE(report->committed);
  host.run();
  EXPECT_EQ(database.value("SELECT GROUP_CONCAT(accepted_units ORDER BY unit_no) FROM rating_unit"),
            "1,2");
}

TEST_F(N2_Notices, AreToldOnceByAllHostsAndAfterARestart) {
  Host first(database, "h1");
  Host second(database, "h2");
  const auto use = [&](Host& host, const std::string& id, const std::string& quantity) {
    host.drop(id + ".csv", csv({{.id = id, .quantity = quantity}}));
    host.run();
    return database.value("SELECT GROUP_CONCAT(cause ORDER BY seq) FROM notice WHERE pack_id <> 0");
  };
  EXPECT_EQ(use(first, "1", "510"), "50");
  EXPECT_EQ(use(second, "2", "10"), "50");
  EXPECT_EQ(use(second, "3", "200"), "50,70");
  first.restart();
  EXPECT_EQ(use(first, "4", "10"), "50,70");
  EXPECT_EQ(use(first, "5", "180"), "50,70,90");
}

TEST_F(N2_Notices, AreWrittenWithTheUnitThatCrossedTheLevel) {
  Host host(database, "h1");
  host.drop("a.csv", csv({{.id = "1", .quantity = "500"}}));
  host.run();
  EXPECT_EQ(database.value("SELECT COUNT(*) FROM notice"), "0");
  host.drop("b.csv", csv({{.id = "2", .quantity = "410"}}));
  host.run();
  EXPECT_EQ(database.value("SELECT GROUP_CONCAT(cause, state ORDER BY cause) FROM notice"
                           " WHERE pack_id <> 0"),
            "50superseded,70superseded,90due");
  EXPECT_EQ(database.value(
                "SELECT COUNT(*) FROM outbox WHERE state = 'queued' AND account_name = 'acme'"),
            "1");
  host.restart();
  host.drop("c.csv", csv({{.id = "3", .quantity = "90"}}));
  host.run();
  EXPECT_EQ(database.value("SELECT GROUP_CONCAT(kind, state ORDER BY cause) FROM notice "
                           "WHERE cause > 90 AND pack_id <> 0"),
            "pack_usagesuperseded,pack_used_updue");
}

}  // namespace
}  // namespace packwarden::testing
