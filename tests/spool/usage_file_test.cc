#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "spool/spool_files.h"

namespace packwarden::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class UsageFiles : public SpoolTest {
 protected:
  // Claims what lies in incoming/, and gives the error of opening it.
  std::string error_of_opening(SpoolDirectory& spool) {
    const auto files = spool.claim(1, now);
    if (files.size() != 1) return "not claimed";
    const auto opened = spool.open(files[0]);
    if (opened) return "";
    FileOutcome outcome;
    outcome.failure = opened.error();
    outcome.finished_at = now;
    spool.end(files[0], FileEnding::failed, outcome);
    EXPECT_TRUE(fs::exists(fs::symlink_status(root / "failed" / in_work(files[0]).filename())));
    return opened.error();
  }
};

TEST_F(UsageFiles, U5_what_is_no_regular_file_fails_without_waiting) {
  SpoolDirectory& spool = start();
  fs::create_directory(incoming("x.csv"));
  EXPECT_EQ(error_of_opening(spool), "it is a directory, not a regular file");
  fs::create_symlink("/etc/passwd", incoming("x.csv"));
  EXPECT_EQ(error_of_opening(spool), "it is a symbolic link, not a regular file");
  ASSERT_EQ(mkfifo(incoming("x.csv").c_str(), 0600), 0);
  EXPECT_EQ(error_of_opening(spool), "it is a fifo, not a regular file");
  const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  incoming("x.csv").string().copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(error_of_opening(spool), "it is a socket, not a regular file");
  close(listener);
  EXPECT_EQ(names_in(root / "receipts").size(), 4U);
  EXPECT_EQ(spool.count_waiting().work, 0U);
}

TEST_F(UsageFiles, U1_only_known_endings_are_opened) {
  SpoolDirectory& spool = start();
  for (const char* name : {"x.txt", "csv", "x.csv.gz.gz", "x.CSV", "x.gz"}) {
    drop(name);
    EXPECT_EQ(error_of_opening(spool),
              "its name has no ending that is known here; known is: .csv, .ndjson, .jsonl, each "
              "also with .gz or .zst behind it");
  }
  for (const char* name : {"x.csv", "x.csv.gz", "x.ndjson", "x.jsonl.zst"}) {
    drop(name, "");
    EXPECT_EQ(error_of_opening(spool), "") << name;
  }
}

TEST_F(UsageFiles, U4_digest_is_that_of_all_bytes) {
  SpoolDirectory& spool = start();
  const auto digest_of = [&](const std::string& content) {
    return to_hex((*spool.open(claimed(spool, "a.csv", content)))->digest().value());
  };
  EXPECT_EQ(digest_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(digest_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(digest_of(std::string(3'000'000, 'a')).size(), 64U);
  EXPECT_EQ(digest_of(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_F(UsageFiles, reads_any_part_also_after_its_end) {
  SpoolDirectory& spool = start();
  auto file = *spool.open(claimed(spool, "a.csv", "0123456789"));
  EXPECT_EQ(file->size_bytes(), 10U);
  char bytes[16];
  EXPECT_EQ(file->read(0, bytes, 16).value(), 10U);
  EXPECT_EQ(file->read(4, bytes, 3).value(), 3U);
  EXPECT_EQ(std::string(bytes, 3), "456");
  EXPECT_EQ(file->read(10, bytes, 3).value(), 0U);
  EXPECT_EQ(file->read(1'000, bytes, 3).value(), 0U);
}

TEST_F(UsageFiles, U9_a_thousand_small_files_in_flight_hold_no_descriptors) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit few{64, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  SpoolDirectory& spool = start();
  std::vector<std::unique_ptr<UsageFile>> files;
  char bytes[8];
  for (int i = 0; i < 200; ++i) {
    const ClaimedFile file = claimed(spool, std::to_string(i) + ".csv", "abc");
    files.push_back(*spool.open(file));
    EXPECT_TRUE(files.back()->digest().has_value());
    EXPECT_EQ(files.back()->read(0, bytes, 8).value(), 3U);
  }
  for (const auto& file : files) EXPECT_EQ(file->read(1, bytes, 8).value(), 2U);
  setrlimit(RLIMIT_NOFILE, &before);
}

TEST_F(UsageFiles, a_lack_of_descriptors_is_not_blamed_on_the_file) {
  SpoolDirectory& spool = start();
  const ClaimedFile file = claimed(spool, "a.csv", "abc");
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{0, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  EXPECT_THROW(spool.open(file), SpoolUnavailable);
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_TRUE(spool.open(file).has_value());
}

// What somebody does to a file that is being read, and what the error says.
struct Change {
  const char* name;
  void (*change)(const fs::path&);
  const char* error;
};
class ChangedFile : public SpoolTest, public ::testing::WithParamInterface<Change> {};

TEST_P(ChangedFile, is_noticed_by_each_read) {
  SpoolDirectory& spool = start();
  const ClaimedFile claim = claimed(spool, "a.csv", "0123456789");
  char bytes[16];
  auto open_file = *spool.open(claim);
  auto closed_file = *spool.open(claim);
  ASSERT_TRUE(closed_file->read(0, bytes, 16).has_value());
  GetParam().change(in_work(claim));
  for (UsageFile* file : {open_file.get(), closed_file.get()}) {
    const auto read = file->read(0, bytes, 5);
    const auto digest = file->digest();
    ASSERT_FALSE(read.has_value());
    ASSERT_FALSE(digest.has_value());
    EXPECT_THAT(read.error(), HasSubstr(GetParam().error));
    EXPECT_THAT(digest.error(), HasSubstr(GetParam().error));
  }
}

INSTANTIATE_TEST_SUITE_P(
    , ChangedFile,
    ::testing::Values(Change{"grows", [](const fs::path& path) { fs::resize_file(path, 12); },
                             "it grew from 10 to 12 bytes"},
                      Change{"shrinks", [](const fs::path& path) { fs::resize_file(path, 3); },
                             "it shrank from 10 to 3 bytes"},
                      Change{"written",
                             [](const fs::path& path) {
                               write_file(path, "9876543210");
                               fs::last_write_time(path, fs::file_time_type::clock::now() +
                                                             std::chrono::seconds(5));
                             },
                             "it was written to"}),
    [](const auto& change) { return std::string(change.param.name); });

TEST_F(UsageFiles, one_that_is_taken_out_of_work_says_so) {
  SpoolDirectory& spool = start();
  const ClaimedFile claim = claimed(spool, "a.csv", "0123456789");
  fs::remove(in_work(claim));
  EXPECT_EQ(spool.open(claim).error(), "it is not there, or no longer");
}

}  // namespace
}  // namespace packwarden::testing
