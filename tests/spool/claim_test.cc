#include <fmt/format.h>
#include <poll.h>

#include <functional>
#include <thread>

#include "spool/spool_files.h"
#include "spool/spool_watch.h"

namespace packwarden::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

using Claim = SpoolTest;
using LeftOver = SpoolTest;
using Place = SpoolTest;

std::string refusal_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const SpoolUnavailable& error) {
    return error.what();
  }
  return "";
}

TEST_F(Claim, U1_dot_names_and_tmp_names_are_left_alone) {
  SpoolDirectory& spool = start();
  drop(".hidden.csv");
  drop("writing.csv.tmp");
  drop(".tmp");
  drop("tmp.csv");
  EXPECT_THAT(names_of(spool.claim(10, now)), ElementsAre("tmp.csv"));
  EXPECT_THAT(names_in(root / "incoming"), ElementsAre(".hidden.csv", ".tmp", "writing.csv.tmp"));
}

TEST_F(Claim, U1_a_claim_is_the_rename_of_the_very_file) {
  SpoolDirectory& spool = start();
  drop("a.csv", "content");
  struct stat before {};
  struct stat after {};
  ASSERT_EQ(stat(incoming("a.csv").c_str(), &before), 0);
  const auto files = spool.claim(10, now);
  EXPECT_THAT(names_in(root / "incoming"), IsEmpty());
  EXPECT_THAT(names_in(root / "work"), ElementsAre("20261122T220757.123456Z-0000.a.csv"));
  ASSERT_EQ(stat(in_work(files.at(0)).c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
}

TEST_F(Claim, S41_who_may_not_claim_leaves_everything_where_it_is) {
  SpoolDirectory& spool = start();
  drop("a.csv");
  bool may_claim = false;
  spool.claim_only_if([&] { return may_claim; });
  EXPECT_THAT(spool.claim(10, now), IsEmpty());
  EXPECT_THAT(names_in(root / "incoming"), ElementsAre("a.csv"));
  may_claim = true;
  EXPECT_THAT(names_of(spool.claim(10, now)), ElementsAre("a.csv"));
}

TEST_F(Claim, B5_takes_by_modification_time_then_name) {
  SpoolDirectory& spool = start();
  for (const char* name : {"d", "c", "b", "a"}) drop(name);
  set_modified("a", 2'000, 2);
  set_modified("b", 2'000, 1);
  set_modified("d", 1'000, 5);
  set_modified("c", 1'000, 5);
  EXPECT_THAT(names_of(spool.claim(3, now)), ElementsAre("c", "d", "b"));
  EXPECT_THAT(names_of(spool.claim(3, now)), ElementsAre("a"));
}

TEST_F(Claim, B5_ten_of_five_thousand_are_the_ten_earliest) {
  SpoolDirectory& spool = start();
  std::vector<std::string> earliest;
  for (int i = 0; i < 5'000; ++i) {
    const int place = i * 1'237 % 5'000;  // in no order
    const std::string name = fmt::format("{:04}.csv", 5'000 - place);
    drop(name, "");
    set_modified(name, 1'000 + place, 0);
  }
  for (int place = 0; place < 10; ++place) {
    earliest.push_back(fmt::format("{:04}.csv", 5'000 - place));
  }
  EXPECT_EQ(names_of(spool.claim(10, now)), earliest);
  EXPECT_EQ(spool.count_waiting().incoming, 4'990U);
  EXPECT_EQ(spool.count_waiting().work, 10U);
}

TEST_F(Claim, takes_nothing_where_nothing_is_asked_for) {
  SpoolDirectory& spool = start();
  drop("a.csv");
  EXPECT_THAT(spool.claim(0, now), IsEmpty());
  EXPECT_EQ(spool.count_waiting().incoming, 1U);
}

TEST_F(Claim, U6_claims_grow_while_the_clock_stands_and_go_back_with_it) {
  SpoolDirectory& spool = start();
  std::vector<ClaimedFile> all;
  const Instant earlier = now - Span::seconds(1);
  for (const Instant clock : {now, now, earlier, now, now + Span{1'000}}) {
    drop("a.csv");
    all.push_back(spool.claim(1, clock).at(0));
  }
  EXPECT_EQ(all[1].claim, "20261122T220757.123456Z-0001");
  EXPECT_EQ(all[2].claim, "20261122T220756.123456Z-1000");
  EXPECT_EQ(all[2].arrival, earlier);
  EXPECT_EQ(all[3].claim, "20261122T220757.123456Z-1000") << "0000 was given out before";
  EXPECT_EQ(all[3].arrival, now);
  EXPECT_EQ(all[4].claim, "20261122T220757.123457Z-0000");
}

TEST(ClaimCounterTest, U6_goes_on_in_the_next_microsecond_after_ten_thousand) {
  ClaimCounter counter;
  counter.advance_to(Instant::from_micros(999'999));
  for (int i = 0; i < 10'000; ++i) counter.take();
  EXPECT_EQ(counter.current(), "19700101T000001.000000Z-0000");
  EXPECT_EQ(counter.arrival(), Instant::from_micros(1'000'000));
}

TEST_F(Claim, a_claim_that_is_taken_gives_way_to_the_next) {
  SpoolDirectory& spool = start();
  write_file(root / "work" / "20261122T220757.123456Z-0000.a.csv", "older");
  const ClaimedFile file = claimed(spool, "a.csv", "newer");
  EXPECT_EQ(file.claim, "20261122T220757.123456Z-0001");
  EXPECT_EQ(content_of(in_work(file)), "newer");
  EXPECT_EQ(spool.count_waiting().work, 2U);
}

TEST_F(Claim, U6_arrival_is_what_the_claim_says_and_survives_a_restart) {
  const Instant between = now + Span{789};
  start();
  drop("b.csv");
  drop("a.csv");
  set_modified("b.csv", 1, 0);
  const auto files = start().claim(10, between);
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].arrival, now);
  const auto again = start().left_over();
  ASSERT_EQ(again.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(again[i].claim, files[i].claim);
    EXPECT_EQ(again[i].name, files[i].name);
    EXPECT_EQ(again[i].arrival, files[i].arrival);
  }
}

TEST_F(LeftOver, names_that_no_daemon_wrote_go_to_failed) {
  start();
  const std::vector<std::string> strangers = {
      "20261322T220757.123456Z-0000.a.csv", "20261122T220757.12345 Z-0000.a.csv",
      "20261122T220757.123456Z-0000.",      "20261122T226757.123456Z-0000.a.csv",
      "99991122T220757.123456Z-0000.a.csv", "a.csv"};
  for (const std::string& name : strangers) write_file(root / "work" / name, name);
  write_file(root / "failed" / "a.csv", "another");
  EXPECT_THAT(start().left_over(), IsEmpty());
  EXPECT_THAT(names_in(root / "work"), IsEmpty());
  EXPECT_EQ(content_of(root / "failed" / "a.csv"), "another");
  EXPECT_EQ(content_of(root / "failed" / "again-2" / "a.csv"), "a.csv");
  EXPECT_EQ(names_in(root / "failed").size(), strangers.size() + 1);
}

TEST_F(Claim, takes_any_name_and_knows_it_again) {
  const std::vector<std::string> names = {"line\nbreak.csv", "a..b.csv",     "x..csv",
                                          "quo\"te',.csv",   "\xff\xfe.csv", " .csv",
                                          "a\tb\\.csv"};
  SpoolDirectory& spool = start();
  for (std::size_t i = 0; i < names.size(); ++i) {
    drop(names[i]);
    set_modified(names[i], static_cast<std::int64_t>(i), 0);
  }
  EXPECT_EQ(names_of(spool.claim(100, now)), names);
  SpoolDirectory& again = start();
  const auto files = again.left_over();
  EXPECT_EQ(names_of(files), names);
  for (const ClaimedFile& file : files) {
    EXPECT_TRUE(again.open(file).has_value()) << file.name;
    again.end(file, FileEnding::taken, {});
  }
  EXPECT_EQ(again.count_waiting().work, 0U);
  EXPECT_EQ(names_in(root / "receipts").size(), names.size());
}

TEST_F(Claim, a_name_of_255_bytes_keeps_its_end_everywhere) {
  const std::string name = std::string(28, 'h') + "\u4e2d" + std::string(220, 't') + ".csv";
  ASSERT_EQ(name.size(), 255U);
  SpoolDirectory& spool = start();
  const ClaimedFile file = claimed(spool, name, "content");
  EXPECT_EQ(file.name, std::string(220, 't') + ".csv");
  EXPECT_EQ(start().left_over().at(0).name, file.name);
  SpoolDirectory& again = start();
  ASSERT_TRUE(again.open(file).has_value());
  FileOutcome outcome;
  outcome.finished_at = now;
  outcome.rejected_lines = lines("2\tmalformed\t0\t7\t\n");
  again.end(file, FileEnding::taken, outcome);
  EXPECT_THAT(names_in(root / "done" / "2026-11-22"), ElementsAre(file.claim + "." + file.name));
  EXPECT_EQ(names_in(root / "receipts").at(0).size(), 255U);
  EXPECT_EQ(names_in(root / "rejected").at(0).size(), 255U);
  EXPECT_THAT(names_in(root / "receipts").at(0), ::testing::EndsWith("t.csv.json"));
}

TEST(EntryName, is_cut_between_characters) {
  const std::string claim(claim_bytes, 'c');
  const std::string three = "\u4e2d\u6587\u5b57";  // three bytes each
  EXPECT_EQ(entry_name(claim, three, "", claim_bytes + 1 + 9), claim + "." + three);
  EXPECT_EQ(entry_name(claim, three, "", claim_bytes + 1 + 8), claim + ".\u6587\u5b57");
  EXPECT_EQ(entry_name(claim, three, ".json", claim_bytes + 1 + 9), claim + ".\u5b57.json");
}

TEST_F(Claim, a_file_that_vanishes_before_the_rename_is_passed_over) {
  SpoolDirectory& spool = start();
  drop("a.csv");
  ASSERT_EQ(symlink("nowhere", incoming("b.csv").c_str()), 0);  // is there, leads nowhere
  set_modified("b.csv", 1, 0);
  std::error_code ignored;
  std::jthread thief([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) fs::remove(incoming("a.csv"), ignored);
  });
  for (int i = 0; i < 200; ++i) {
    drop("a.csv");
    for (const ClaimedFile& file : spool.claim(10, now)) {
      EXPECT_TRUE(fs::is_symlink(in_work(file)) || fs::exists(in_work(file)));
    }
  }
}

TEST_F(Claim, says_what_is_wrong_where_incoming_cannot_be_read) {
  SpoolDirectory& spool = start();
  fs::remove(root / "incoming");
  EXPECT_THAT(refusal_of([&] { spool.claim(1, now); }),
              StartsWith("spool " + root.string() + ": cannot open the folder incoming: No such"));
}

TEST_F(Place, makes_what_is_missing_and_refuses_a_second_daemon) {
  const mode_t old = umask(0077);
  start();
  umask(old);
  EXPECT_EQ(fs::status(root / "incoming").permissions(), fs::perms{0770});
  EXPECT_EQ(fs::status(root / "work").permissions(), fs::perms{0750});
  const std::string refusal = refusal_of([&] { SpoolDirectory(root.string(), "other"); });
  EXPECT_THAT(refusal, HasSubstr(root.string()));
  EXPECT_THAT(refusal, HasSubstr("another daemon"));
}

TEST_F(Place, refuses_folders_that_cannot_serve) {
  EXPECT_THAT(refusal_of([&] { SpoolDirectory((root / "no" / "such").string(), "x"); }),
              HasSubstr("cannot make the folder"));
  write_file(root / "work", "");
  EXPECT_THAT(refusal_of([&] { SpoolDirectory(root.string(), "x"); }),
              HasSubstr("work is not a folder"));
  fs::remove(root / "work");
  struct stat here {};
  struct stat there {};
  ASSERT_EQ(stat(root.c_str(), &here), 0);
  if (stat("/dev/shm", &there) != 0 || here.st_dev == there.st_dev) return;
  fs::create_directory_symlink("/dev/shm", root / "work");
  EXPECT_THAT(refusal_of([&] { SpoolDirectory(root.string(), "x"); }),
              HasSubstr("another file system"));
}

TEST_F(Place, watch_tells_of_a_file_that_came) {
  start();
  SpoolWatch watch(root.string());
  EXPECT_FALSE(watch.drain());
  drop(".a.csv");
  fs::rename(incoming(".a.csv"), incoming("a.csv"));
  pollfd polled{watch.fd(), POLLIN, 0};
  EXPECT_EQ(poll(&polled, 1, 5'000), 1);
  EXPECT_TRUE(watch.drain());
  EXPECT_FALSE(watch.drain());
  EXPECT_THROW(SpoolWatch((root / "nowhere").string()), SpoolUnavailable);
}

}  // namespace
}  // namespace packwarden::testing
