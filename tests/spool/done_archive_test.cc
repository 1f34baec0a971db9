#include "spool/done_archive.h"

#include <gtest/gtest.h>

#include <random>

#include "spool/claim_name.h"
#include "spool/directory_desk.h"
#include "spool/sha256.h"
#include "spool/spool_files.h"
#include "support/packing.h"

namespace packwarden::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* first_line = "id,account,product,meter,time\n";

bool never() {
  return false;
}

Digest digest_of(const std::string& content) {
  Sha256 sha;
  sha.add(content.data(), content.size());
  return sha.finish();
}

class DoneArchiveTest : public SpoolTest {
 protected:
  DoneArchiveTest() : spool(start()), archive(spool.root()), desk(root.string(), {}) {}

  // A file that was taken and lies in done/.
  ClaimedFile ended(const std::string& name, const std::string& content) {
    const ClaimedFile file = claimed(spool, name, content);
    FileOutcome outcome;
    outcome.file.digest = digest_of(content);
    outcome.file.name = name;
    outcome.finished_at = now;
    spool.end(file, FileEnding::taken, outcome);
    return file;
  }
  ArchiveStep pack_all() {
    ArchiveStep all;
    while (true) {
      const ArchiveStep step = archive.pack(never);
      all.packed_files += step.packed_files;
      all.packed_to_bytes += step.packed_to_bytes;
      all.passed_over.insert(all.passed_over.end(), step.passed_over.begin(),
                             step.passed_over.end());
      if (step.is_done) return all;
    }
  }
  fs::path done(const ClaimedFile& file, const std::string& ending = "") const {
    return day() / (file.claim + "." + file.name + ending);
  }
  fs::path day() const { return root / "done" / utc_day(now); }
  std::string archived(const ClaimedFile& file) {
    const auto bytes = desk.open_archived(file.claim, file.name);
    if (!bytes) return "(nothing)";
    std::string content(bytes->size_bytes(), '\0');
    std::size_t at = 0;
    while (at < content.size()) {
      const auto got = bytes->read(at, content.data() + at, content.size() - at);
      if (!got) return "(" + got.error() + ")";
      at += *got;
    }
    EXPECT_EQ(*bytes->digest(), digest_of(content));
    return content;
  }

  SpoolDirectory& spool;
  DoneArchive archive;
  DirectoryDesk desk;
};

std::string many_lines(int count) {
  std::string text = first_line;
  for (int i = 0; i < count; ++i) {
    text += "r" + std::to_string(i) + ",acme,captcha,client_verification,2026-11-22T22:00:00Z\n";
  }
  return text;
}

TEST_F(DoneArchiveTest, D3_a_file_is_packed_with_the_same_content_and_digest) {
  const std::string content = many_lines(50'000);
  const ClaimedFile file = ended("a.csv", content);
  const ArchiveStep step = pack_all();
  EXPECT_EQ(step.packed_files, 1U);
  EXPECT_FALSE(fs::exists(done(file)));
  EXPECT_EQ(fs::file_size(done(file, ".zst")), step.packed_to_bytes);
  EXPECT_LT(step.packed_to_bytes, content.size() / 5);
  EXPECT_THAT(names_in(day()), ElementsAre(file.claim + ".a.csv.zst"));
  EXPECT_TRUE(archived(file) == content);
  EXPECT_EQ(pack_all().packed_files, 0U);
}

TEST_F(DoneArchiveTest, D3_files_of_every_size_keep_their_bytes) {
  std::mt19937 random(std::random_device{}());
  std::vector<std::pair<ClaimedFile, std::string>> files;
  for (const std::size_t size :
       {0U, 1U, 4'095U, 131'072U, 131'073U, 1U << 20, (1U << 20) + 1, 3'000'001U}) {
    std::string content(size, '\0');
    for (char& byte : content) byte = static_cast<char>(random());
    files.emplace_back(ended("f" + std::to_string(size) + ".csv", content), content);
  }
  EXPECT_EQ(pack_all().packed_files, files.size());
  for (const auto& [file, content] : files) EXPECT_TRUE(archived(file) == content) << file.name;
}

TEST_F(DoneArchiveTest, D3_what_came_packed_stays_as_it_came) {
  const ClaimedFile gz = ended("a.csv.gz", gzip(many_lines(10)));
  const ClaimedFile zst = ended("a.ndjson.zst", zstd("{}\n"));
  EXPECT_EQ(pack_all().packed_files, 0U);
  EXPECT_EQ(archived(gz), gzip(many_lines(10)));
  EXPECT_EQ(archived(zst), zstd("{}\n"));
}

TEST_F(DoneArchiveTest, D3_U4_a_voided_file_can_be_redriven_from_its_packed_form) {
  const ClaimedFile file = ended("a.csv", many_lines(10'000));
  ASSERT_EQ(pack_all().packed_files, 1U);
  const auto redriven = desk.redrive_file(file.claim, file.name, nullptr);
  ASSERT_TRUE(redriven) << redriven.error().message;
  const ClaimedFile again = spool.claim(1, now).at(0);
  EXPECT_EQ(again.name, "a.redrive.csv.gz");
  EXPECT_TRUE(gunzipped(in_work(again)) == many_lines(10'000));
}

TEST_F(DoneArchiveTest, D3_files_are_removed_90_days_after_the_day_on_which_they_ended) {
  ended("a.csv", many_lines(3));
  now = now + Span::days(1);
  const ClaimedFile later = ended("b.csv", many_lines(3));
  pack_all();
  // 2026-11-22 is over at midnight; 90 days behind that is 2027-02-21.
  EXPECT_EQ(archive.remove_before({parse_business_day("2027-02-20")->days_since_epoch - 90})
                .removed_files,
            0U);
  EXPECT_EQ(archive.remove_before({parse_business_day("2027-02-21")->days_since_epoch - 90})
                .removed_files,
            1U);
  EXPECT_THAT(names_in(root / "done"), ElementsAre("2026-11-23"));
  EXPECT_EQ(archived(later), many_lines(3));
}

TEST_F(DoneArchiveTest, D3_removal_goes_in_bounded_steps_and_takes_all) {
  fs::create_directories(day() / "again-2");
  for (int i = 0; i < 1'500; ++i) write_file(day() / ("x" + std::to_string(i)), "");
  write_file(day() / "again-2" / "y", "");
  const BusinessDay much_later{30'000};
  const ArchiveStep step = archive.remove_before(much_later);
  EXPECT_EQ(step.removed_files, 1'000U);
  EXPECT_FALSE(step.is_done);
  const ArchiveStep rest = archive.remove_before(much_later);
  EXPECT_EQ(rest.removed_files, 501U);
  EXPECT_TRUE(rest.is_done);
  EXPECT_THAT(names_in(root / "done"), IsEmpty());
}

// Removing is slow on a busy disk, and nothing is read meanwhile.
TEST_F(DoneArchiveTest, D3_each_file_that_is_removed_is_told_of) {
  int told = 0;
  fs::create_directories(day());
  DoneArchive watched(spool.root(), 255, [&] { ++told; });
  for (int i = 0; i < 1'500; ++i) write_file(day() / ("x" + std::to_string(i)), "");
  EXPECT_FALSE(watched.remove_before({30'000}).is_done);
  EXPECT_EQ(told, 1'000);
  EXPECT_TRUE(watched.remove_before({30'000}).is_done);
  EXPECT_EQ(told, 1'500);
}

TEST_F(DoneArchiveTest, D3_rejects_failed_files_and_receipts_are_never_removed_by_age) {
  const ClaimedFile file = claimed(spool, "a.csv", std::string(first_line) + "bad\n");
  FileOutcome outcome;
  outcome.file.name = file.name;
  outcome.finished_at = now;
  outcome.rejected_lines = lines("2\tmalformed\t30\t3\tbroken\n");
  spool.end(file, FileEnding::taken, outcome);
  const ClaimedFile broken = claimed(spool, "b.csv", "what\n");
  outcome.file.name = broken.name;
  outcome.rejected_lines = {};
  outcome.failure = "The header is wrong";
  spool.end(broken, FileEnding::failed, outcome);
  desk.hold({now, "test"});

  pack_all();
  EXPECT_EQ(archive.remove_before({30'000}).removed_files, 1U) << "a.csv of done/";
  EXPECT_THAT(names_in(root / "rejected"),
              ElementsAre(file.claim + ".a.csv.rejects", "discarded", "driven"));
  EXPECT_THAT(names_in(root / "failed"), ElementsAre(broken.claim + ".b.csv"));
  EXPECT_EQ(names_in(root / "receipts").size(), 2U);
  EXPECT_THAT(names_in(root / "incoming"), IsEmpty());
  EXPECT_TRUE(desk.redrive_rejects(file.claim, false, nullptr)) << "the rejects can be driven in";
}

TEST_F(DoneArchiveTest, D3_a_crash_before_the_rename_leaves_the_file_and_is_cleaned_up) {
  const ClaimedFile file = ended("a.csv", many_lines(100));
  write_file(day() / ("." + file.claim + ".packing"), "half of it");
  write_file(day() / ".20261122T220757.123456Z-0099.packing", "of a file that is gone");
  EXPECT_EQ(pack_all().packed_files, 1U);
  EXPECT_THAT(names_in(day()), ElementsAre(file.claim + ".a.csv.zst"));
  EXPECT_EQ(archived(file), many_lines(100));
}

TEST_F(DoneArchiveTest, D3_a_crash_between_rename_and_unlink_ends_with_the_packed_one) {
  const ClaimedFile file = ended("a.csv", many_lines(100));
  ASSERT_EQ(pack_all().packed_files, 1U);
  write_file(done(file), many_lines(100));
  DoneArchive next(spool.root());
  EXPECT_EQ(next.pack(never).packed_files, 1U);
  EXPECT_THAT(names_in(day()), ElementsAre(file.claim + ".a.csv.zst"));
  EXPECT_EQ(archived(file), many_lines(100));
}

TEST_F(DoneArchiveTest, D3_a_stop_in_the_middle_leaves_the_file_as_it_was) {
  const ClaimedFile file = ended("a.csv", many_lines(60'000));
  int asked = 0;
  archive.pack([&] { return ++asked > 2; });
  EXPECT_THAT(names_in(day()), ElementsAre(file.claim + ".a.csv"));
  EXPECT_EQ(pack_all().packed_files, 1U);
}

TEST_F(DoneArchiveTest, D3_nothing_is_replaced_and_what_cannot_be_packed_is_told_once) {
  const ClaimedFile file = ended("a.csv", many_lines(100));
  write_file(done(file, ".zst"), zstd("something else"));
  write_file(day() / "stranger", "x");
  fs::create_symlink("/etc/hostname", day() / "20261122T220757.123456Z-0098.link.csv");
  const ArchiveStep step = pack_all();
  EXPECT_EQ(step.packed_files, 0U);
  ASSERT_EQ(step.passed_over.size(), 3U);
  EXPECT_THAT(step.passed_over[0], HasSubstr("another file has the name"));
  EXPECT_EQ(content_of(done(file)), many_lines(100));
  EXPECT_EQ(content_of(done(file, ".zst")), zstd("something else"));
  EXPECT_THAT(pack_all().passed_over, IsEmpty());
}

TEST_F(DoneArchiveTest, D3_a_packed_file_that_is_damaged_says_so) {
  const ClaimedFile file = ended("a.csv", many_lines(5'000));
  pack_all();
  std::string packed = content_of(done(file, ".zst"));
  packed[packed.size() / 2] = static_cast<char>(~packed[packed.size() / 2]);
  write_file(done(file, ".zst"), packed);
  EXPECT_THAT(archived(file), HasSubstr("it is damaged"));
  const auto redriven = desk.redrive_file(file.claim, file.name, nullptr);
  ASSERT_FALSE(redriven);
  EXPECT_EQ(redriven.error().code, "unreadable");
}

TEST_F(DoneArchiveTest, D3_many_files_are_packed_in_steps_and_new_ones_are_seen) {
  for (int i = 0; i < 300; ++i) ended("f" + std::to_string(i) + ".csv", "id\n" + std::to_string(i));
  const ArchiveStep step = archive.pack(never);
  EXPECT_EQ(step.packed_files, 256U);
  EXPECT_FALSE(step.is_done);
  EXPECT_EQ(pack_all().packed_files, 44U);
  ended("late.csv", "id\n");
  EXPECT_EQ(pack_all().packed_files, 1U);
}

}  // namespace
}  // namespace packwarden::testing
