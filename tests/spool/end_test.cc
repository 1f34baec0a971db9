#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <functional>
#include <random>

#include "spool/spool_files.h"
#include "support/packing.h"
#include "usecases/receipt.h"

namespace packwarden::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// A file of three lines of which two are rejected.
class End : public SpoolTest {
 protected:
  const std::string content = "id,x\nbad \"line\", here\ngood,1\nworse,\xff\n";

  FileOutcome outcome_of(const ClaimedFile& file) const {
    FileOutcome outcome;
    outcome.file.digest.fill(0xAB);
    outcome.file.spool = "billing-1";
    outcome.file.claim = file.claim;
    outcome.file.name = file.name;
    outcome.file.arrival = file.arrival;
    outcome.counts.lines = 3;
    outcome.counts.accepted = 1;
    outcome.counts.rejected[static_cast<std::size_t>(RejectReason::malformed)] = 1;
    outcome.counts.rejected[static_cast<std::size_t>(RejectReason::too_old)] = 1;
    outcome.counts.accepted_units = 7;
    outcome.counts.drawn_units = 7;
    outcome.complete = true;
    outcome.finished_at = at("2026-11-22T23:59:59.999999Z");
    outcome.rejected_lines = lines("2\tmalformed\t5\t16\tquote, \"inside\"\n4\ttoo_old\t29\t7\t\n");
    return outcome;
  }
  std::string everything() const {
    std::string all;
    for (const char* folder : {"work", "done/2026-11-22", "failed", "rejected", "receipts"}) {
      for (const std::string& name : names_in(root / folder)) {
        all += std::string(folder) + "/" + name + ":\n" + content_of(root / folder / name);
      }
    }
    return all;
  }
};

TEST_F(End, U5_rejects_hold_the_lines_as_they_came) {
  SpoolDirectory& spool = start();
  const ClaimedFile file = claimed(spool, "a.csv", content);
  spool.end(file, FileEnding::taken, outcome_of(file));
  EXPECT_EQ(content_of(root / "rejected" / (file.claim + ".a.csv.rejects")),
            "line,reason,detail,text\r\n"
            "2,malformed,\"quote, \"\"inside\"\"\",\"bad \"\"line\"\", here\"\r\n"
            "4,too_old,,\"worse,\xff\"\r\n");
}

TEST_F(End, U5_rejects_of_csv_hold_its_header_and_those_of_packed_files_what_was_unpacked) {
  SpoolDirectory& spool = start();
  const std::string header = "id,account,product,meter,time";
  const std::string text = "\xEF\xBB\xBF" + header + "\r\nbad\n";
  const auto rejected = [&](const char* name, const std::string& stored) {
    const ClaimedFile file = claimed(spool, name, stored);
    FileOutcome outcome = outcome_of(file);
    outcome.rejected_lines = lines("2\tmalformed\t" + std::to_string(text.size() - 4) + "\t3\t\n");
    spool.end(file, FileEnding::taken, outcome);
    return content_of(root / "rejected" / (file.claim + "." + name + ".rejects"));
  };
  const std::string expected =
      "line,reason,detail,text\r\n1,header,,\"" + header + "\"\r\n2,malformed,,\"bad\"\r\n";
  EXPECT_EQ(rejected("a.csv", text), expected);
  EXPECT_EQ(rejected("b.csv.gz", packwarden::testing::gzip(text)), expected);
  EXPECT_EQ(rejected("c.csv.zst", packwarden::testing::zstd(text)), expected);
}

// Unpacking up to a line far behind may take minutes: who watches over ingest must see it get on.
TEST_F(End, U5_rejects_of_packed_files_tell_of_each_block_that_is_read) {
  std::string text = "id\n";
  std::minstd_rand random;
  while (text.size() < 2'000'000) text += std::to_string(random()) + "\n";
  const std::string packed = packwarden::testing::gzip(text + "bad\n");
  int blocks = 0;
  SpoolDirectory watched((root / "watched").string(), "billing-1", 255, {}, [&] { ++blocks; });
  write_file(root / "watched" / "incoming" / "a.csv.gz", packed);
  const ClaimedFile file = watched.claim(1, now).at(0);
  FileOutcome outcome = outcome_of(file);
  outcome.rejected_lines = lines("9\tmalformed\t" + std::to_string(text.size()) + "\t3\t\n");
  watched.end(file, FileEnding::taken, outcome);
  EXPECT_THAT(content_of(root / "watched" / "rejected" / (file.claim + ".a.csv.gz.rejects")),
              HasSubstr("9,malformed,,\"bad\""));
  EXPECT_GE(blocks, static_cast<int>(packed.size() >> 18));
}

TEST_F(End, U5_rejects_hold_long_lines_and_any_bytes) {
  SpoolDirectory& spool = start();
  std::string line(700'000, '"');
  line += std::string("\r\n\0,", 4);
  const ClaimedFile file = claimed(spool, "a.csv", "id\n" + line + "\nlast\n");
  FileOutcome outcome = outcome_of(file);
  outcome.rejected_lines =
      lines("2\tmalformed\t3\t" + std::to_string(line.size()) + "\t\n9\tmalformed\t" +
            std::to_string(line.size() + 4) + "\t4\t\n");
  spool.end(file, FileEnding::taken, outcome);
  EXPECT_EQ(content_of(root / "rejected" / (file.claim + ".a.csv.rejects")),
            "line,reason,detail,text\r\n2,malformed,,\"" + std::string(1'400'000, '"') +
                std::string("\r\n\0,", 4) + "\"\r\n9,malformed,,\"last\"\r\n");
}

TEST_F(End, U5_a_line_that_is_gone_is_told_and_does_not_stop_the_rest) {
  SpoolDirectory& spool = start();
  const ClaimedFile file = claimed(spool, "a.csv", content);
  fs::resize_file(in_work(file), 9);
  spool.end(file, FileEnding::failed, outcome_of(file));
  const std::string rejects = content_of(root / "rejected" / (file.claim + ".a.csv.rejects"));
  EXPECT_THAT(rejects, HasSubstr("no longer holds all of this line\",\"bad \"\r\n"));
  EXPECT_THAT(rejects, HasSubstr("4,too_old,the usage file no longer holds all of this line,\"\""));
}

TEST_F(End, U5_a_row_that_is_not_as_stored_stops_and_leaves_nothing_behind) {
  SpoolDirectory& spool = start();
  const ClaimedFile file = claimed(spool, "a.csv", content);
  FileOutcome outcome = outcome_of(file);
  for (const char* row : {"x\tmalformed\t1\t1\t\n", "1\tmalformed\t\t1\t\n", "\n", "1\tbad\t1\n"}) {
    outcome.rejected_lines = lines(row);
    EXPECT_THROW(spool.end(file, FileEnding::taken, outcome), std::runtime_error) << row;
  }
  EXPECT_THAT(names_in(root / "rejected"), IsEmpty());
  EXPECT_TRUE(fs::exists(in_work(file)));
}

TEST_F(End, U7_each_ending_has_its_folder) {
  SpoolDirectory& spool = start();
  for (const FileEnding ending : {FileEnding::taken, FileEnding::repeat, FileEnding::failed}) {
    const ClaimedFile file = claimed(spool, "a.csv", content);
    spool.end(file, ending, outcome_of(file));
  }
  EXPECT_EQ(names_in(root / "done" / "2026-11-22").size(), 2U);
  EXPECT_EQ(names_in(root / "failed").size(), 1U);
  EXPECT_EQ(names_in(root / "receipts").size(), 3U);
  EXPECT_EQ(names_in(root / "rejected").size(), 2U);  // a repeat has none
}

// Each point of end() at which a crash can come, as what is then left on disk.
TEST_F(End, U8_the_same_again_after_a_crash_at_any_point_gives_the_same) {
  const ClaimedFile file = claimed(start(), "a.csv", content);
  const std::string entry = file.claim + ".a.csv";
  const FileOutcome outcome = outcome_of(file);
  start().end(file, FileEnding::taken, outcome);
  const std::string expected = everything();
  ASSERT_THAT(expected, Not(HasSubstr("work/")));
  const fs::path done = root / "done" / "2026-11-22" / entry;
  const fs::path rejects = root / "rejected" / (entry + ".rejects");
  const fs::path receipt = root / "receipts" / (entry + ".json");
  const auto back_to_work = [&] { fs::rename(done, in_work(file)); };
  const std::vector<std::pair<const char*, std::function<void()>>> crashes = {
      {"all done", [] {}},
      {"all done, receipt lost", [&] { fs::remove(receipt); }},
      {"all done, rejects lost", [&] { fs::remove(rejects); }},
      {"before the move", [&] { back_to_work(); }},
      {"before the receipt", [&] { back_to_work(), fs::remove(receipt); }},
      {"in the receipt",
       [&] {
         back_to_work();
         fs::rename(receipt, root / "receipts" / ("." + file.claim + ".json"));
         fs::resize_file(root / "receipts" / ("." + file.claim + ".json"), 5);
       }},
      {"in the rejects",
       [&] {
         back_to_work();
         fs::remove(receipt);
         fs::rename(rejects, root / "rejected" / ("." + file.claim + ".rejects"));
         fs::resize_file(root / "rejected" / ("." + file.claim + ".rejects"), 5);
       }},
      {"before anything", [&] { back_to_work(), fs::remove(receipt), fs::remove(rejects); }},
      {"before the day's folder", [&] { back_to_work(), fs::remove(done.parent_path()); }},
  };
  for (const auto& [point, leave] : crashes) {
    leave();
    SpoolDirectory& spool = start();
    for (const ClaimedFile& left : spool.left_over()) EXPECT_EQ(left.claim, file.claim) << point;
    spool.end(file, FileEnding::taken, outcome);
    EXPECT_EQ(everything(), expected) << point;
  }
}

TEST_F(End, U5_rejects_outlive_a_file_that_somebody_took_away) {
  SpoolDirectory& spool = start();
  const ClaimedFile file = claimed(spool, "a.csv", content);
  spool.end(file, FileEnding::taken, outcome_of(file));
  const fs::path rejects = root / "rejected" / (file.claim + ".a.csv.rejects");
  const std::string before = content_of(rejects);
  fs::remove_all(root / "done" / "2026-11-22");
  spool.end(file, FileEnding::taken, outcome_of(file));
  EXPECT_EQ(content_of(rejects), before);
}

TEST_F(End, a_file_never_takes_the_place_of_another) {
  SpoolDirectory& spool = start();
  const ClaimedFile file = claimed(spool, "a.csv", content);
  fs::create_directories(root / "done" / "2026-11-22");
  const std::string entry = file.claim + ".a.csv";
  write_file(root / "done" / "2026-11-22" / entry, "other");
  spool.end(file, FileEnding::taken, outcome_of(file));
  EXPECT_EQ(content_of(root / "done" / "2026-11-22" / entry), "other");
  EXPECT_EQ(content_of(root / "done" / "2026-11-22" / "again-2" / entry), content);
}

TEST_F(End, says_where_it_cannot_write_and_loses_nothing) {
  SpoolDirectory& spool = start();
  const ClaimedFile file = claimed(spool, "a.csv", content);
  fs::remove(root / "receipts");
  try {
    spool.end(file, FileEnding::taken, outcome_of(file));
    FAIL();
  } catch (const SpoolUnavailable& error) {
    EXPECT_THAT(error.what(), HasSubstr(root.string() + ": cannot write receipts/"));
  }
  fs::create_directory(root / "receipts");
  spool.end(file, FileEnding::taken, outcome_of(file));
  EXPECT_EQ(names_in(root / "receipts").size(), 1U);
}

TEST_F(End, U7_receipt_is_this) {
  const ClaimedFile file{"20261122T220757.123456Z-0000", "a.csv", now};
  FileOutcome outcome = outcome_of(file);
  // Each count has a number of its own, so that none can stand in another's place.
  outcome.counts.lines = 103;
  outcome.counts.accepted = 90;
  outcome.counts.duplicate = 8;
  outcome.counts.conflict = 3;
  outcome.counts.not_billable_meter = 2;
  outcome.counts.not_billable_integration = 4;
  outcome.counts.accepted_units = 150;
  outcome.counts.drawn_units = 100;
  outcome.counts.overage_units = 25;
  outcome.counts.overrun_units = 15;
  outcome.counts.not_billable_units = 10;
  ASSERT_TRUE(outcome.counts.adds_up());
  EXPECT_EQ(receipt_json(file, "billing-1", FileEnding::taken, outcome), R"({
  "file": "a.csv",
  "digest": "sha256:abababababababababababababababababababababababababababababababab",
  "claim": "20261122T220757.123456Z-0000",
  "spool": "billing-1",
  "outcome": "taken",
  "reason": "",
  "arrival": "2026-11-22T22:07:57.123456Z",
  "finished": "2026-11-22T23:59:59.999999Z",
  "lines": 103,
  "accepted": 90,
  "duplicate": 8,
  "conflict": 3,
  "rejected": {
    "malformed": 1,
    "too_old": 1
  },
  "not_billable": {
    "meter": 2,
    "integration": 4
  },
  "units": {
    "accepted": 150,
    "drawn": 100,
    "overage": 25,
    "overrun": 15,
    "not_billable": 10
  }
}
)");
}

TEST_F(End, U4_receipt_of_a_repeat_says_where_it_was_first_seen) {
  const ClaimedFile file{"20261122T220757.123456Z-0000", "b.csv", now};
  FileOutcome outcome;
  outcome.file = outcome_of({"20261101T000000.000000Z-0003", "a.csv", now - Span::days(1)}).file;
  outcome.file.spool = "billing-2";
  outcome.finished_at = now;
  const auto receipt =
      boost::json::parse(receipt_json(file, "billing-1", FileEnding::repeat, outcome));
  EXPECT_EQ(receipt.at("file"), "b.csv");
  EXPECT_EQ(receipt.at("outcome"), "repeat");
  EXPECT_EQ(receipt.at("first_seen").at("file"), "a.csv");
  EXPECT_EQ(receipt.at("first_seen").at("spool"), "billing-2");
  EXPECT_EQ(receipt.at("first_seen").at("arrival"), "2026-11-21T22:07:57.123456Z");
  EXPECT_EQ(receipt.at("lines"), 0);
  EXPECT_TRUE(receipt.at("rejected").as_object().empty());
}

TEST_F(End, U7_receipt_is_json_whatever_the_name_and_the_reason_hold) {
  const std::vector<std::pair<std::string, std::string>> names = {
      {"\xff", "\\xFF"},
      {"a\xc3", "a\\xC3"},
      {"\xc0\xaf", "\\xC0\\xAF"},
      {"\xed\xa0\x80", "\\xED\\xA0\\x80"},
      {"\xf4\x90\x80\x80", "\\xF4\\x90\\x80\\x80"},
      {"\xf0\x9f\x98\x80 \u4e2d\"\n\x01", "\xf0\x9f\x98\x80 \u4e2d\"\n\x01"},
  };
  for (const auto& [bytes, text] : names) {
    FileOutcome outcome;
    outcome.failure = bytes;
    const auto receipt =
        boost::json::parse(receipt_json({"c", bytes, now}, "s", FileEnding::failed, outcome));
    EXPECT_EQ(std::string_view(receipt.at("file").as_string()), text);
    EXPECT_EQ(std::string_view(receipt.at("reason").as_string()), text);
    EXPECT_EQ(receipt.at("digest"), "");
  }
}

}  // namespace
}  // namespace packwarden::testing
